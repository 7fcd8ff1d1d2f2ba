import LinuxNet
import NDPWire
import ProxyEngine

/// One interface on which the daemon listens and speaks.
final class Port {
  let index: InterfaceIndex
  let name: String
  let socket: PacketSocket
  let sender: PacketSender
  /// Whether frames wait to be sent.
  private(set) var isPending = false
  /// When to look next for frames that were lost.
  var nextLossCount = Instant(nanoseconds: 0)
  private var purpose: Purpose
  /// Whether routes or patterns made it a rule interface, and not its name.
  private var isAskedByRoutes = false
  private var groups: MulticastGroups
  private var groupOutcome = MulticastGroups.Outcome()

  /// What an interface is for; one may be both at once.
  struct Purpose: Equatable {
    /// The prefixes of its rules on a proxy interface; none on others.
    var solicitedPrefixes: [IPv6Prefix] = []
    /// Whether the interface is to receive every frame of its link, for drivers that drop groups.
    var isPromiscuous = false
    /// The groups to which questions for the targets of its narrow rules go.
    var groups: [IPv6Address] = []
    /// On a rule interface: whether answers to our own solicitations are wanted.
    var takesAdvertisements = false
    /// On a rule interface: the targets of whose own questions we want to know.
    var askedPrefixes: [IPv6Prefix] = []

    /// Questions for other people's addresses come by any group, and so do those of hosts that
    /// detect duplicates; answers to us come by unicast.
    var needsAllMulticast: Bool { !solicitedPrefixes.isEmpty || !askedPrefixes.isEmpty }

    var filter: PacketFilter {
      PacketFilter(
        solicitationsFor: solicitedPrefixes, solicitationsOf: askedPrefixes,
        advertisements: takesAdvertisements)
    }
  }

  init(
    index: InterfaceIndex, name: String, purpose: Purpose, from reserve: PacketSocketReserve
  ) throws(SystemError) {
    self.index = index
    self.name = name
    self.purpose = purpose
    groups = MulticastGroups(interfaceIndex: index.rawValue)
    socket = try PacketSocket(
      interfaceIndex: index.rawValue, filter: purpose.filter,
      allMulticast: purpose.needsAllMulticast, from: reserve)
    sender = try PacketSender(interfaceIndex: index.rawValue, from: reserve)
    if purpose.isPromiscuous { try socket.receive(.promiscuous, true) }
  }

  /// Takes on another purpose without losing a frame that both are about.
  ///
  /// Where it was found to be a rule interface by itself, it stays one if it may still be.
  func change(to newPurpose: Purpose, or asking: Purpose) throws(SystemError) {
    var newPurpose = newPurpose
    if isAskedByRoutes, !newPurpose.takesAdvertisements, !asking.askedPrefixes.isEmpty {
      newPurpose.takesAdvertisements = true
      newPurpose.askedPrefixes = asking.askedPrefixes
    }
    guard newPurpose != purpose else { return }
    if newPurpose.needsAllMulticast != purpose.needsAllMulticast {
      try socket.receive(.allMulticast, newPurpose.needsAllMulticast)
    }
    if newPurpose.isPromiscuous != purpose.isPromiscuous {
      try socket.receive(.promiscuous, newPurpose.isPromiscuous)
    }
    if newPurpose.filter != purpose.filter { try socket.setFilter(newPurpose.filter) }
    purpose = newPurpose
  }

  /// Listens for what a rule interface has to say from now on, besides what it listens for already.
  func add(_ asking: Purpose) throws(SystemError) {
    guard !purpose.takesAdvertisements else { return }
    isAskedByRoutes = true
    let hadAllMulticast = purpose.needsAllMulticast
    purpose.takesAdvertisements = asking.takesAdvertisements
    purpose.askedPrefixes = asking.askedPrefixes
    if !hadAllMulticast, purpose.needsAllMulticast { try socket.receive(.allMulticast, true) }
    try socket.setFilter(purpose.filter)
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
