import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// One proxy interface: where solicitations arrive and advertisements go.
final class Port {
  /// As the configuration calls it.
  let name: String
  let index: InterfaceIndex
  let socket: PacketSocket
  let sender: PacketSender
  /// Whether frames wait to be sent.
  private(set) var isPending = false
  /// When to look next for frames that were lost.
  var nextLossCount = Instant(nanoseconds: 0)
  private var purpose: PortPlan.Purpose
  private var groups: MulticastGroups
  private var groupOutcome = MulticastGroups.Outcome()

  /// Opens the sockets of an interface.
  ///
  /// Questions for other people's addresses come by any group, and so do those of hosts that detect
  /// duplicates.
  init(
    name: String, index: InterfaceIndex, purpose: PortPlan.Purpose, filter: PacketFilter
  ) throws(SystemError) {
    self.name = name
    self.index = index
    self.purpose = purpose
    groups = MulticastGroups(interfaceIndex: index.rawValue)
    socket = try PacketSocket(
      interfaceIndex: index.rawValue, filter: filter, allMulticast: true)
    sender = try PacketSender(interfaceIndex: index.rawValue)
    if purpose.isPromiscuous { try socket.receive(.promiscuous, true) }
  }

  /// Takes on another purpose without losing a frame that both are about.
  func change(to newPurpose: PortPlan.Purpose, filter: PacketFilter) throws(SystemError) {
    guard newPurpose != purpose else { return }
    if newPurpose.isPromiscuous != purpose.isPromiscuous {
      try socket.receive(.promiscuous, newPurpose.isPromiscuous)
      purpose.isPromiscuous = newPurpose.isPromiscuous
    }
    if newPurpose.solicitedPrefixes != purpose.solicitedPrefixes { try socket.setFilter(filter) }
    purpose = newPurpose
  }

  /// Is a member of the groups of narrow rules (RFC 4861 §7.2.8) and no others from now on.
  ///
  /// Gives back what became of them where that is different from before.
  func joinGroups() -> MulticastGroups.Outcome? {
    let outcome = groups.update(to: purpose.groups)
    if outcome == groupOutcome { return nil }
    groupOutcome = outcome
    return outcome
  }

  /// Leaves all groups, so that they are joined anew.
  func forgetGroups() { groups.removeAll() }

  func enqueue(_ encode: (inout MutableRawSpan) -> Int) {
    sender.enqueue(encode)
    isPending = true
  }

  func flush() {
    sender.flush()
    isPending = false
  }
}
