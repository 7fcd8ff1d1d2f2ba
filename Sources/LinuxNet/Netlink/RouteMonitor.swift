import CLinux

/// Tells that IPv6 routes, policy rules or next-hop objects change, not how.
///
/// It has a socket of its own, so that a storm of route changes costs no news of interfaces. The
/// routes of `HostRouteTable` are no news: they lead where their targets are known to be.
///
/// Who needs the news only from time to time need not be woken for each: stop watching the
/// descriptor after the first news, and call `takeChanges` before the next question. What arrives
/// in between takes up no more than a page of the kernel's memory, and three or four calls.
package final class RouteMonitor: Pollable {
  private let socket: NetlinkSocket

  /// Starts to listen.
  package init() throws(SystemError) {
    let rules: UInt32 = 1 << (UInt32(RTNLGRP_IPV6_RULE.rawValue) - 1)
    // A kernel that has no such objects ignores the group.
    let nextHops: UInt32 = 1 << (UInt32(RTNLGRP_NEXTHOP.rawValue) - 1)
    socket = try NetlinkSocket(
      groups: UInt32(RTMGRP_IPV6_ROUTE) | rules | nextHops, filter: Self.filter,
      receiveBuffer: Self.receiveBuffer)
  }

  /// Room for the first news: whatever comes after it is the same news.
  private static let receiveBuffer: CInt = 4096

  /// `rtm_protocol` and `nh_family` behind the netlink header.
  private static let filter: NetlinkFilter = {
    let protocolNumber = NetlinkMessage.headerLength + 5
    let family = NetlinkMessage.headerLength
    let routes = [RTM_NEWROUTE, RTM_DELROUTE].map { type in
      [
        NetlinkFilter.type(type),
        .octet(at: protocolNumber, is: HostRouteTable.protocolNumber, negated: true),
      ]
    }
    let rules = [RTM_NEWRULE, RTM_DELRULE].map { [NetlinkFilter.type($0)] }
    let nextHops = [RTM_NEWNEXTHOP, RTM_DELNEXTHOP].map { type in
      [NetlinkFilter.type(type), .octet(at: family, is: UInt8(AF_INET), negated: true)]
    }
    return NetlinkFilter(anyOf: routes + rules + nextHops)
  }()

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// Takes up the news that have arrived, and says whether there were any.
  ///
  /// At most `datagramLimit` datagrams: any that are left are told by the next call. More news than
  /// the kernel could hold (`ENOBUFS`) are news all the same.
  package func takeChanges() throws(SystemError) -> Bool {
    var hasChanged = false
    for _ in 0..<Self.datagramLimit {
      do {
        guard try socket.receive({ _, _ in hasChanged = true }) else { break }
      } catch {
        guard error.isOverrun else { throw error }
        hasChanged = true
      }
    }
    return hasChanged
  }

  /// More than `receiveBuffer` holds.
  private static let datagramLimit = 32
}
