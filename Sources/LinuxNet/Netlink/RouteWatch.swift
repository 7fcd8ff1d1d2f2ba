import CLinux
package import NDPWire

/// Which routes the kernel has for some prefixes, of all tables, as they come and go.
///
/// The kernel wakes nobody for routes to prefixes of other lengths, so that the churn of a full
/// table costs little. No polling.
package final class RouteWatch: Pollable {
  /// The routes by which packets go now.
  package var routes: Set<RouteEntry> { entries.filter { $0.isInUse } }
  /// All routes for the prefixes, even those that no packets take.
  private var entries: Set<RouteEntry> = []
  /// Whether the entries may differ from what the kernel has.
  private var isStale = true
  private let prefixes: Set<IPv6Prefix>
  private let socket: NetlinkSocket

  /// Starts to listen, and reads what there is.
  package init(_ prefixes: Set<IPv6Prefix>) throws(SystemError) {
    self.prefixes = prefixes
    // A kernel that has no such objects ignores the group.
    let nextHops: UInt32 = 1 << (UInt32(RTNLGRP_NEXTHOP.rawValue) - 1)
    socket = try NetlinkSocket(
      groups: UInt32(RTMGRP_IPV6_ROUTE) | nextHops,
      filter: Self.filter(lengths: Set(prefixes.map { $0.length }).sorted()))
    try readAgain()
  }

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// `rtm_dst_len` is the second octet behind the netlink header.
  private static func filter(lengths: [Int]) -> NetlinkFilter {
    let routes = lengths.flatMap { length in
      [RTM_NEWROUTE, RTM_DELROUTE].map { type in
        [
          NetlinkFilter.type(type),
          .octet(at: NetlinkMessage.headerLength + 1, is: UInt8(length)),
        ]
      }
    }
    // Routes go with the object that says where they lead, without a word about themselves.
    let nextHops = [RTM_NEWNEXTHOP, RTM_DELNEXTHOP].map { [NetlinkFilter.type($0)] }
    return NetlinkFilter(anyOf: routes + nextHops)
  }

  /// Takes up the news that have arrived, and says whether the routes are others now.
  ///
  /// At most `datagramLimit` datagrams: any that are left are told by the next call. Where it
  /// throws the routes stay as they were, and the next call reads them.
  package func takeChanges() throws(SystemError) -> Bool {
    let before = routes
    do {
      _ = try socket.receive(atMost: Self.datagramLimit) { message, payload in
        isStale = !take(message, payload) || isStale
      }
    } catch {
      isStale = true
      guard error.isOverrun else { throw error }
    }
    if isStale { try readAgain() }
    return routes != before
  }

  /// How many datagrams are taken in a row, so that a storm of changes keeps nobody waiting.
  private static let datagramLimit = 64

  /// Takes up one change; false where it does not say how the routes are now.
  private func take(_ message: NetlinkMessage, _ payload: RawSpan) -> Bool {
    let replace: UInt16 = 0x100
    let replaces = message.flags & replace != 0
    switch Int(message.type) {
    case RTM_NEWROUTE:
      let wanted = wanted(payload)
      // It does not say which route has gone.
      if replaces, !wanted.isEmpty { return false }
      entries.formUnion(wanted)
      return true
    case RTM_DELROUTE:
      let wanted = wanted(payload)
      let isKnown = wanted.allSatisfy(entries.contains)
      entries.subtract(wanted)
      return isKnown
    // A next hop that is new serves no route yet.
    case RTM_NEWNEXTHOP where replaces, RTM_DELNEXTHOP: return !concerns(nextHop: payload)
    default: return true
    }
  }

  /// Whether some route may lead by way of an object, itself or as a member of a group.
  private func concerns(nextHop payload: RawSpan) -> Bool {
    guard entries.contains(where: { $0.nextHopObject != nil }) else { return false }
    var number: UInt32?
    // `struct nhmsg` has eight octets; 1 is NHA_ID.
    forEachAttribute(in: payload, behind: 8) { attribute, value in
      if attribute == 1, value.byteCount == 4 { number = value.native(at: 0) }
    }
    return entries.contains { entry in
      guard let object = entry.nextHopObject else { return false }
      return object == number || entry.isMultipath || entry.interface == nil
    }
  }

  private func wanted(_ payload: RawSpan) -> [RouteEntry] {
    RouteEntry.entries(payload).filter { prefixes.contains($0.destination) }
  }

  /// Whether routes may be others than the kernel has told, because an interface can be used now,
  /// or cannot.
  package func isDoubtful(on interface: Int32, isUsable: Bool) -> Bool {
    entries.contains {
      ($0.interface == interface || $0.interface == nil) && $0.isDead == isUsable
    }
  }

  /// Reads the kernel's tables anew: a link that goes down takes its routes with it in silence,
  /// where `net.ipv6.route.skip_notify_on_dev_down` says so.
  ///
  /// Costs the number of all routes; 224,000 take a second. Where it throws the routes stay as they
  /// were, and the next call of `takeChanges` reads them.
  package func readAgain() throws(SystemError) {
    isStale = true
    // News from before would undo what is newer.
    try socket.discardAll()
    let prefixes = prefixes
    entries = Set(try RouteEntry.readAll { prefixes.contains($0.destination) })
    isStale = false
  }
}
