package import LinuxNet

// Attributes of bpf(2) as `union bpf_attr` has them, for the commands that only this module uses.

struct MapCreation: BitwiseCopyable {
  var type: UInt32
  var keySize: UInt32
  var valueSize: UInt32
  var capacity: UInt32
  var flags: UInt32
}

struct MapElement: BitwiseCopyable {
  var map: UInt32
  var padding: UInt32 = 0
  var key: UInt64 = 0
  var value: UInt64 = 0
  var flags: UInt64 = 0
}

struct MapBatch: BitwiseCopyable {
  /// Where to begin: what `next` said the last time, or nowhere.
  var from: UInt64 = 0
  var next: UInt64 = 0
  var keys: UInt64 = 0
  var values: UInt64 = 0
  var count: UInt32 = 0
  var map: UInt32
  var elementFlags: UInt64 = 0
  var flags: UInt64 = 0
}

struct ProgramLoading: BitwiseCopyable {
  var type: UInt32
  var instructionCount: UInt32
  var instructions: UInt64 = 0
  var license: UInt64 = 0
  var logLevel: UInt32 = 0
  var logSize: UInt32 = 0
  var log: UInt64 = 0
  var kernelVersion: UInt32 = 0
  var flags: UInt32 = 0
  /// 15 octets and a zero at most.
  var name: (UInt64, UInt64) = (0, 0)
}

struct ProgramRun: BitwiseCopyable {
  var program: UInt32
  var verdict: UInt32 = 0
  var inputSize: UInt32
  var outputSize: UInt32
  var input: UInt64 = 0
  var output: UInt64 = 0
  var count: UInt32
  var duration: UInt32 = 0
  var contextSize: UInt32
  var contextOutputSize: UInt32 = 0
  var context: UInt64 = 0
}

/// `struct bpf_link_info` of a TCX or XDP link.
struct LinkInformation: BitwiseCopyable {
  var type: UInt32 = 0
  var number: UInt32 = 0
  var program: UInt32 = 0
  var padding: UInt32 = 0
  /// Zero where the interface is gone.
  var interface: UInt32 = 0
  var attachment: UInt32 = 0
}

struct LinkUpdate: BitwiseCopyable {
  var link: UInt32
  var program: UInt32
  var flags: UInt32 = 0
  var formerProgram: UInt32 = 0
}

struct LinkDetachment: BitwiseCopyable {
  var link: UInt32
}

struct LinkCreation: BitwiseCopyable {
  var program: UInt32
  var target: UInt32
  var attachment: UInt32
  var flags: UInt32 = 0
}

extension BPFCommand {
  /// The commands that this module uses, which whoever limits system calls has to permit.
  package static var ofKernelPath: [BPFCommand] { allCases.filter { $0 != .openProgram } }
}
