import CLinux
package import NDPWire

/// The IPv6 multicast groups that one interface is a member of for our sake, for as long as the
/// value lives.
///
/// The kernel reports them by MLD, so that switches which snoop on MLD pass the groups' frames on:
/// the all-multicast mode of a packet socket does not tell them. What one socket may join is
/// limited by `net.core.optmem_max`: 20,480 octets before Linux 6.8, which is 364 groups. There are
/// as many sockets as it takes.
package struct MulticastGroups: ~Copyable {
  /// How many groups an interface may have; those beyond are refused, the last ones first.
  package static let limit = 2048

  /// How many sockets may be opened for them; groups that need more are refused.
  ///
  /// Enough for `limit` groups where `net.core.optmem_max` is 7,300 octets or more.
  package static let socketLimit = 16

  /// What became of the groups that were asked for.
  package struct Outcome: Equatable, Sendable {
    /// How many are joined.
    package var joinedCount = 0
    /// How many are not.
    package var refusedCount = 0
    /// Why the first of those is not; `nil` where all are joined.
    package var firstError: SystemError?

    package init() {}

    /// Whether `net.core.optmem_max`, if it were larger, would let more groups be joined.
    package var isMemoryShort: Bool { firstError?.code == .noMemory }
  }

  private let interfaceIndex: Int32
  private var sockets: [Socket] = []
  private var joined: [IPv6Address: Socket] = [:]
  private var wanted: [IPv6Address] = []
  private var outcome = Outcome()
  /// Whether the interface had no IPv6 the last time.
  private var isUnready = false

  private final class Socket {
    let descriptor: Descriptor
    var isFull = false

    init() throws(SystemError) {
      let type = CInt(SOCK_DGRAM.rawValue) | CInt(O_CLOEXEC)
      descriptor = Descriptor(owning: try call("open socket") { socket(AF_INET6, type, 0) })
    }
  }

  /// Starts without any group; nothing is opened yet.
  package init(interfaceIndex: Int32) { self.interfaceIndex = interfaceIndex }

  /// Joins the groups of these that are not joined yet, and leaves those that are not among these.
  ///
  /// What is in both is not touched, and what was joined stays so when another is refused. Refused
  /// groups are not tried again before the groups change, for nobody would gain by that; only where
  /// the interface had no IPv6 they are. One system call for each group that differs.
  @discardableResult
  package mutating func update(to groups: [IPv6Address]) -> Outcome {
    guard groups != wanted || isUnready else { return outcome }
    wanted = groups
    return retry()
  }

  /// Tries again to join what was refused.
  @discardableResult
  package mutating func retry() -> Outcome {
    var seen: Set<IPv6Address> = []
    let distinct = wanted.filter { seen.insert($0).inserted }
    let allowed = distinct.prefix(Self.limit)
    leaveAll(but: Set(allowed))
    for socket in sockets { socket.isFull = false }
    outcome = Outcome()
    isUnready = false
    for group in allowed where joined[group] == nil {
      do {
        joined[group] = try join(group)
      } catch {
        outcome.firstError = outcome.firstError ?? error
        isUnready = group.isMulticast && error.isUnready
        // The next would fare no better.
        if isUnready || error.code == .noMemory { break }
      }
    }
    if distinct.count > Self.limit, outcome.firstError == nil {
      let operation = "join more than \(Self.limit) groups on interface \(interfaceIndex)"
      outcome.firstError = SystemError(operation, .tooManyReferences)
    }
    outcome.joinedCount = joined.count
    outcome.refusedCount = distinct.count - joined.count
    return outcome
  }

  /// Leaves all groups and forgets them, so that the next update joins all.
  ///
  /// An interface that loses IPv6 loses its groups without the sockets' knowing.
  package mutating func removeAll() {
    joined = [:]
    sockets = []
    wanted = []
    outcome = Outcome()
    isUnready = false
  }

  /// Joins one group on the first socket that takes it, and on a new one if none does.
  private mutating func join(_ group: IPv6Address) throws(SystemError) -> Socket {
    for socket in sockets where !socket.isFull {
      do {
        try request(IPV6_JOIN_GROUP, group, on: socket, "join")
        return socket
      } catch {
        guard error.code == .noMemory else { throw error }
        socket.isFull = true
      }
    }
    guard sockets.count < Self.socketLimit else {
      throw SystemError("join \(group) on interface \(interfaceIndex)", .noMemory)
    }
    let socket = try Socket()
    try request(IPV6_JOIN_GROUP, group, on: socket, "join")
    sockets.append(socket)
    return socket
  }

  private mutating func leaveAll(but kept: Set<IPv6Address>) {
    for (group, socket) in joined where !kept.contains(group) {
      // Where the interface is gone there is nothing to leave.
      try? request(IPV6_LEAVE_GROUP, group, on: socket, "leave")
      joined[group] = nil
    }
  }

  private func request(
    _ option: CInt, _ group: IPv6Address, on socket: Socket, _ word: String
  ) throws(SystemError) {
    var request = ipv6_mreq()
    unsafe withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) {
      unsafe $0.storeBytes(of: group.bits.bigEndian, as: UInt128.self)
    }
    request.ipv6mr_interface = UInt32(interfaceIndex)
    try call("\(word) \(group) on interface \(interfaceIndex)") {
      unsafe setsockopt(
        socket.descriptor.number, CInt(IPPROTO_IPV6), option, &request,
        socklen_t(MemoryLayout<ipv6_mreq>.size))
    }
  }
}

extension SystemError {
  /// Whether there is no such interface, or it has no IPv6 at the moment; for what is no group the
  /// kernel says the same.
  fileprivate var isUnready: Bool {
    code == .noSuchDevice || code == .invalidArgument
  }
}
