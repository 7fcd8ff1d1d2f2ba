import DaemonLog
import EventLoop
import Inspection
package import LinuxNet
package import ProxyModel

/// The open sockets of one proxy interface: where solicitations arrive and advertisements go.
package final class Port: EventSource {
  /// As the configuration calls it.
  package let name: String
  /// The interface that they are on.
  package let index: InterfaceIndex
  /// Where solicitations arrive.
  package let receiver: any FrameReceiver
  let sender: any FrameSender
  /// When to look next for frames that were lost.
  package var nextLossCount = Instant(nanoseconds: 0)
  private var purpose: InterfacePlan.Purpose
  private var groups: MulticastGroups
  private var groupOutcome = MulticastGroups.Outcome()
  private let whenReady: (Port, Instant) -> Void

  /// Opens the sockets of an interface, which receive what the filter lets through.
  package typealias Opener = (InterfaceIndex, PacketFilter) throws(SystemError) -> (
    any FrameReceiver, any FrameSender
  )

  /// Opens packet sockets that receive into `frames`, which takes CAP_NET_RAW.
  ///
  /// Questions for other people's addresses come by any group, and so do those of hosts that detect
  /// duplicates.
  package static func opener(into frames: ReceivedFrames) -> Opener {
    { index, filter throws(SystemError) in
      let receiver = try PacketSocket(
        interfaceIndex: index.rawValue, filter: filter, allMulticast: true, into: frames)
      return (receiver, try PacketSender(interfaceIndex: index.rawValue))
    }
  }

  init(
    name: String, index: InterfaceIndex, purpose: InterfacePlan.Purpose, filter: PacketFilter,
    opener: Opener, whenReady: @escaping (Port, Instant) -> Void
  ) throws(SystemError) {
    self.name = name
    self.index = index
    self.purpose = purpose
    self.whenReady = whenReady
    groups = MulticastGroups(interfaceIndex: index.rawValue)
    (receiver, sender) = try opener(index, filter)
    if purpose.isPromiscuous { try receiver.receive(.promiscuous, true) }
  }

  /// What becomes readable with a frame.
  package var pollable: any Pollable { receiver }

  /// Hands over to whoever takes up frames.
  package func ready(now: Instant) { whenReady(self, now) }

  /// Takes on another purpose without losing a frame that both are about.
  func change(to newPurpose: InterfacePlan.Purpose, filter: PacketFilter) throws(SystemError) {
    guard newPurpose != purpose else { return }
    if newPurpose.isPromiscuous != purpose.isPromiscuous {
      try receiver.receive(.promiscuous, newPurpose.isPromiscuous)
      purpose.isPromiscuous = newPurpose.isPromiscuous
    }
    if newPurpose.solicitedPrefixes != purpose.solicitedPrefixes { try receiver.setFilter(filter) }
    purpose = newPurpose
  }

  /// Is a member of the groups of narrow rules (RFC 4861 §7.2.8) and no others from now on, so that
  /// switches which snoop on MLD bring us the solicitations for their targets.
  ///
  /// An interface may not be ready for it yet: then it is tried again with its next change.
  func joinGroups(log: Log) {
    let outcome = groups.update(to: purpose.groups)
    guard outcome != groupOutcome else { return }
    groupOutcome = outcome
    guard outcome.refusedCount > 0 else { return }
    let sentence = "\(name): \(outcome.refusedCount) multicast groups cannot be joined"
    let reason = outcome.firstError.map { ": \($0)" } ?? ""
    guard outcome.isMemoryShort else { return log.debug("\(sentence)\(reason)") }
    log.warning(
      """
      \(sentence), so switches with MLD snooping may not deliver solicitations for them; raise \
      the sysctl net.core.optmem_max and restart\(reason)
      """)
  }

  /// Leaves all groups, so that they are joined anew.
  func forgetGroups() { groups.removeAll() }

  /// Whether frames wait to be sent.
  package var isPending: Bool { sender.isPending }

  /// Puts a frame behind those that wait to be sent.
  package func enqueue(_ encode: (inout MutableRawSpan) -> Int) { sender.enqueue(encode) }

  /// Sends the frames that wait.
  package func flush() { sender.flush() }
}
