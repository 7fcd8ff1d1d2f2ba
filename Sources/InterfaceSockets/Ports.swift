package import DaemonLog
package import EventLoop
import Inspection
import LinuxNet
package import ProxyModel

/// The ports that are open, and what was lost on those and on others that were.
package final class Ports {
  /// Few, so that looking through them beats hashing.
  package private(set) var all: [Port] = []
  /// Counts the ports that were opened or closed.
  package private(set) var generation: UInt64 = 0
  /// How many frames came faster than they were taken.
  package private(set) var overrunCount: UInt64 = 0
  private var closedUnsentCount: UInt64 = 0
  /// What is done when frames have come.
  package var whenReady: (Port, Instant) -> Void = { _, _ in }
  /// What waits for them.
  package let loop: EventLoop
  /// Where it is told what was lost.
  package let log: Log
  private let opener: Port.Opener

  package init(loop: EventLoop, log: Log, opener: @escaping Port.Opener) {
    self.loop = loop
    self.log = log
    self.opener = opener
  }

  /// The open port of an interface.
  package subscript(index: InterfaceIndex) -> Port? {
    for port in all where port.index == index { return port }
    return nil
  }

  /// How many frames could not be sent: an interface was down or gone, or had no room.
  package var unsentCount: UInt64 { all.reduce(closedUnsentCount) { $0 + $1.sender.unsentCount } }

  func open(
    _ name: String, on index: InterfaceIndex, for purpose: InterfacePlan.Purpose,
    filter: PacketFilter
  ) throws(SystemError) -> Port {
    let port = try Port(
      name: name, index: index, purpose: purpose, filter: filter, opener: opener,
      whenReady: whenReady)
    try loop.watch(port)
    all.append(port)
    generation += 1
    return port
  }

  func close(_ port: Port) {
    countLosses(of: port)
    closedUnsentCount += port.sender.unsentCount
    loop.forget(port)
    all.removeAll { $0 === port }
    generation += 1
  }

  /// Takes up how many frames a socket lost since the last time, and says so.
  package func countLosses(of port: Port) {
    let overrun = port.receiver.takeOverrunCount()
    overrunCount += overrun
    if overrun > 0 {
      log.warnSparingly("\(port.name): \(overrun) frames came faster than they could be taken")
    }
  }
}
