import CLinux
package import NDPWire

/// Puts what is known of neighbors into the kernel's neighbor cache (RTM_NEWNEIGH).
///
/// Needs CAP_NET_ADMIN.
package final class NeighborTable {
  private let socket: NetlinkSocket

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
  }

  /// Makes an entry in state STALE, unless there is any; returns whether it did.
  ///
  /// The kernel sends the first packet to `linkLayerAddress` without asking for it, and then finds
  /// out whether the neighbor is reachable there (RFC 4861 §7.3.3). The entry may go when the cache
  /// is full; it is known by the protocol number of `HostRouteTable`. Two system calls.
  package func offer(
    _ address: IPv6Address, at linkLayerAddress: MACAddress, on interface: Int32
  ) throws(SystemError) -> Bool {
    var payload = NeighborMessage.request(for: address, on: interface, state: .stale)
    payload.append(attribute: UInt16(NDA_LLADDR), octets: Self.octets(of: linkLayerAddress))
    payload.append(
      attribute: UInt16(NDA_PROTOCOL), octets: [HostRouteTable.protocolNumber])
    let flags = Int(NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK)
    switch try socket.ask(RTM_NEWNEIGH, flags: flags, payload: payload, { _, _ in }) {
    case nil: return true
    case .fileExists: return false
    case let refusal?:
      throw SystemError("add the neighbor \(address) on interface \(interface)", refusal)
    }
  }

  private static func octets(of address: MACAddress) -> [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * $0)) }
  }
}
