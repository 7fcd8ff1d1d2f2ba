import CLinux

/// The commands of bpf(2) that are used here (`enum bpf_cmd`).
package enum BPFCommand: Int, CaseIterable, Sendable {
  case createMap = 0
  case lookUpElement = 1
  case updateElement = 2
  case deleteElement = 3
  case loadProgram = 5
  case runProgram = 10
  case openProgram = 13
  case objectInformation = 15
  case queryPrograms = 16
  case takeElement = 21
  case lookUpBatch = 24
  case createLink = 28
  case updateLink = 29
  case detachLink = 34
}

/// The bpf(2) system call; what its attributes point to stays where it is until it returns.
///
/// The attributes are a structure that resembles `union bpf_attr` for the command, as those below:
/// <linux/bpf.h> and libpcap's headers have different structures of one name, so that no file can
/// see both. The kernel takes what is missing at the end for zero. Throws `EPERM` without CAP_BPF,
/// and `EINVAL` where the kernel does not know the command.
@discardableResult
package func bpf<Attributes: BitwiseCopyable>(
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
package func bpfPointer(_ pointer: UnsafeRawPointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

// MARK: - Attributes that more than one module uses

/// What `openProgram` takes: a program by its number.
package struct ProgramOpening: BitwiseCopyable {
  var program: UInt32
  var next: UInt32 = 0
  var flags: UInt32 = 0

  package init(program: UInt32) { self.program = program }
}

/// What `objectInformation` takes: whose information, and where it goes.
package struct ObjectInformation: BitwiseCopyable {
  var descriptor: UInt32
  var length: UInt32
  /// Where the kernel puts it.
  package var information: UInt64 = 0

  package init(descriptor: UInt32, length: UInt32) {
    (self.descriptor, self.length) = (descriptor, length)
  }
}

/// What `queryPrograms` takes: which programs are attached to an interface.
package struct ProgramQuery: BitwiseCopyable {
  var interface: UInt32
  var attachment: UInt32
  var flags: UInt32 = 0
  var attachmentFlags: UInt32 = 0
  /// Where the kernel puts their numbers.
  package var programs: UInt64 = 0
  /// How many there is room for, and then how many there are.
  package var count: UInt32 = 0
  var padding: UInt32 = 0
  var programFlags: UInt64 = 0
  var links: UInt64 = 0
  var linkFlags: UInt64 = 0
  var revision: UInt64 = 0

  package init(interface: UInt32, attachment: UInt32) {
    (self.interface, self.attachment) = (interface, attachment)
  }
}
