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

  /// The way that the kernel has: TCX where it can.
  ///
  /// It is asked which programs the loopback interface has, which every network namespace has: to
  /// attach one there and to remove it would take 25 ms. Throws `EPERM` without CAP_NET_ADMIN.
  package init() throws(SystemError) {
    var attributes = ProgramQuery(interface: 1, attachment: ProgramLink.Place.tcx)
    do throws(SystemError) {
      try bpf(.queryPrograms, &attributes, "query the programs of an interface")
      self = .tcx
    } catch {
      switch error.code {
      case .noSuchFileOrDirectory: self = .tcx
      case .invalidArgument: self = .filter
      default: throw error
      }
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
