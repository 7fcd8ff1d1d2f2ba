package import DaemonLog
package import LinuxNet
package import ProxyModel

/// Where targets are asked for, and where their advertisements arrive: any interface but those that
/// do not exist.
///
/// One pair of sockets serves all of them. So a rule may match thousands of interfaces, a route may
/// name any, and one that is deleted and made again is heard from its first frame on.
package final class RuleLinks {
  /// Where advertisements arrive.
  package let receiver: any AllInterfacesReceiver
  /// Where solicitations go.
  package let sender: any AnyInterfaceSender
  /// How many advertisements came faster than they were taken.
  package private(set) var overrunCount: UInt64 = 0
  /// When to look next for frames that were lost.
  package var nextLossCount = Instant(nanoseconds: 0)
  private var isListening = false
  private let log: Log

  package init(_ receiver: any AllInterfacesReceiver, _ sender: any AnyInterfaceSender, log: Log) {
    self.receiver = receiver
    self.sender = sender
    self.log = log
  }

  /// Opens packet sockets that receive into `frames`; throws `EPERM` without CAP_NET_RAW.
  package convenience init(into frames: ReceivedFrames, log: Log) throws(SystemError) {
    self.init(try AllInterfacesSocket(into: frames), try AllInterfacesSender(), log: log)
  }

  /// Hears advertisements from now on, or nothing.
  package func listen(_ isOn: Bool) throws(SystemError) {
    guard isOn != isListening else { return }
    if isOn { try receiver.receive(Self.advertisements) } else { try receiver.silence() }
    isListening = isOn
  }

  private static let advertisements = PacketFilter(solicitationsFor: [], advertisements: true)

  /// Takes up how many frames the socket lost since the last time, and says so.
  package func countLosses() {
    let overrun = receiver.takeOverrunCount()
    overrunCount += overrun
    if overrun > 0 {
      log.warnSparingly("\(overrun) advertisements came faster than they could be taken")
    }
  }
}
