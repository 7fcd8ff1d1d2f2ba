import CLinux
import LinuxNet

/// The commands of bpf(2) that are used here (`enum bpf_cmd`).
package enum BPFCommand: Int, CaseIterable, Sendable {
  case createMap = 0
  case lookUpElement = 1
  case updateElement = 2
  case deleteElement = 3
  case loadProgram = 5
  case runProgram = 10
  case objectInformation = 15
  case queryPrograms = 16
  case takeElement = 21
  case lookUpBatch = 24
  case createLink = 28
  case updateLink = 29
}

/// The bpf(2) system call; what its attributes point to stays where it is until it returns.
///
/// The attributes are one of the structures below: <linux/bpf.h> and libpcap's headers have
/// different structures of one name, so that no file can see both. The kernel takes what is missing
/// at the end for zero. Throws `EPERM` without CAP_BPF, and `EINVAL` where the kernel does not know
/// the command.
@discardableResult
func bpf<Attributes: BitwiseCopyable>(
  _ command: BPFCommand, _ attributes: inout Attributes, _ operation: @autoclosure () -> String
) throws(SystemError) -> CInt {
  try call(operation()) {
    unsafe withUnsafeMutablePointer(to: &attributes) { pointer in
      unsafe CInt(
        linux_bpf(
          CLong(SYS_bpf), command.rawValue, pointer, CLong(MemoryLayout<Attributes>.size)))
    }
  }
}

/// A pointer as attributes have it.
func address(_ pointer: UnsafeRawPointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

// MARK: - Attributes, as `union bpf_attr` has them for each command

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

struct ObjectInformation: BitwiseCopyable {
  var descriptor: UInt32
  var length: UInt32
  var information: UInt64 = 0
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

struct ProgramQuery: BitwiseCopyable {
  var interface: UInt32
  var attachment: UInt32
  var flags: UInt32 = 0
  var attachmentFlags: UInt32 = 0
  var programs: UInt64 = 0
  /// How many there are.
  var count: UInt32 = 0
  var padding: UInt32 = 0
  var programFlags: UInt64 = 0
  var links: UInt64 = 0
  var linkFlags: UInt64 = 0
  var revision: UInt64 = 0
}

struct LinkCreation: BitwiseCopyable {
  var program: UInt32
  var target: UInt32
  var attachment: UInt32
  var flags: UInt32 = 0
}
