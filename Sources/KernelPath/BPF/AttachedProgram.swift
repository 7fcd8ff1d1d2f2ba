package import LinuxNet

/// A program that runs for the packets that come in on one interface, for as long as this object
/// lives.
package protocol AttachedProgram: AnyObject {
  /// Whether the interface is still there, and the program on it.
  var isAttached: Bool { get }

  /// Has another program in place of the one that is attached: every packet meets one of the two.
  func replace(by program: BPFProgram) throws(SystemError)
}

/// How programs are attached to interfaces.
package enum ProgramHook: Sendable {
  /// By TCX (Linux 6.6): they go with the process.
  case tcx
  /// By a filter of traffic control: they stay when the process is killed.
  case filter

  /// The way that the kernel has for this program: TCX where it can.
  ///
  /// It is tried on the loopback interface, which every network namespace has.
  package init(for program: BPFProgram) throws(SystemError) {
    do throws(SystemError) {
      _ = try ProgramLink(program, on: 1)
      self = .tcx
    } catch {
      guard error.code == .invalidArgument else { throw error }
      self = .filter
    }
  }

  /// Attaches a program to an interface, behind those that are there already.
  package func attach(
    _ program: BPFProgram, to interface: Int32
  ) throws(SystemError) -> any AttachedProgram {
    switch self {
    case .tcx: try ProgramLink(program, on: interface)
    case .filter: try FilterLink(program, on: interface)
    }
  }
}

/// A program that a filter of traffic control runs.
final class FilterLink: AttachedProgram {
  private let filters: IngressFilters
  private let interface: Int32

  init(_ program: BPFProgram, on interface: Int32) throws(SystemError) {
    filters = try IngressFilters()
    self.interface = interface
    try filters.set(program.descriptor, on: interface)
  }

  deinit { try? filters.remove(from: interface) }

  var isAttached: Bool { (try? filters.has(on: interface)) == true }

  func replace(by program: BPFProgram) throws(SystemError) {
    try filters.set(program.descriptor, on: interface)
  }
}
