import CLinux

/// What the kernel tells of changes of its IPv6 neighbor cache (RTNLGRP_NEIGH).
///
/// Only of neighbors that have been heard or did not answer: states `reachable`, `stale`, `probe`
/// and `failed`, and of deletions. The kernel's filter drops ARP, forwarding entries of bridges and
/// tunnels, the kernel's own proxy, entries that are being resolved and multicast, so that they
/// wake nobody. Needs no privilege.
package final class NeighborMonitor: Pollable {
  private let socket: NetlinkSocket

  /// Starts listening for changes.
  ///
  /// `NeighborCacheEntry.readAll` tells how things are already.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: UInt32(RTMGRP_NEIGH), filter: Self.filter)
  }

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// Hands over the changes of at most so many datagrams, each of which has one, and says whether
  /// more may be waiting.
  ///
  /// Throws `ENOBUFS` where some were lost (`isOverrun`).
  package func receive(
    atMost limit: Int, _ body: (NeighborChange) -> Void
  ) throws(SystemError) -> Bool {
    try socket.receive(atMost: limit) { message, payload in
      if let change = NeighborChange(message, payload) { body(change) }
    }
  }

  private static let filter: NetlinkFilter = {
    typealias Field = NeighborMessage.Field
    let header = NetlinkMessage.headerLength
    let states: [NeighborState] = [.reachable, .stale, .probe, .failed]
    let wanted: [NetlinkFilter.Condition] = [
      .octet(at: header + Field.family, is: UInt8(AF_INET6)),
      .octet(at: header + Field.flags, hasAnyOf: UInt8(NTF_PROXY), negated: true),
      .octet(at: header + Field.type, is: UInt8(RTN_UNICAST)),
    ]
    return NetlinkFilter(anyOf: [
      [NetlinkFilter.type(RTM_NEWNEIGH)] + wanted
        + [.number(at: header + Field.state, hasAnyOf: states.reduce(0) { $0 | $1.bit })],
      // An entry that goes with its interface may have any state by then.
      [NetlinkFilter.type(RTM_DELNEIGH)] + wanted
        + [
          .number(
            at: header + Field.state, hasAnyOf: NeighborState.incomplete.bit, negated: true)
        ],
    ])
  }()
}
