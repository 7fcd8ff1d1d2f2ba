import CLinux
import Glibc
package import NDPWire

/// An entry of the kernel's Neighbor Cache as `ip -6 neighbour` shows it (RTM_GETNEIGH).
package struct NeighborCacheEntry: Equatable, Sendable {
  /// The interface that it is about.
  package var interface: Int32
  /// Whose entry it is.
  package var address: IPv6Address
  /// Where frames go; `nil` unless known.
  package var linkLayerAddress: MACAddress?
  /// Whether the neighbour has said to be a router (NTF_ROUTER).
  package var isRouter: Bool
  /// Whether nobody answered the last question (NUD_FAILED, NUD_INCOMPLETE).
  package var isUnanswered: Bool

  package init(
    interface: Int32, address: IPv6Address, linkLayerAddress: MACAddress? = nil,
    isRouter: Bool = false, isUnanswered: Bool = false
  ) {
    self.interface = interface
    self.address = address
    self.linkLayerAddress = linkLayerAddress
    self.isRouter = isRouter
    self.isUnanswered = isUnanswered
  }

  /// All neighbours that the kernel knows of; needs no privilege.
  package static func readAll() throws(SystemError) -> [NeighborCacheEntry] {
    try read(flags: 0)
  }

  /// The addresses that the kernel itself answers for, where `proxy_ndp` is set (NTF_PROXY).
  package static func readProxyEntries() throws(SystemError) -> [NeighborCacheEntry] {
    try read(flags: UInt8(NTF_PROXY))
  }

  private static func read(flags: UInt8) throws(SystemError) -> [NeighborCacheEntry] {
    let request = [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 9) + [flags, 0]
    return try NetlinkSocket.table(RTM_GETNEIGH, payload: request, "read neighbours from netlink") {
      message, payload in
      Int(message.type) == RTM_NEWNEIGH ? NeighborCacheEntry(payload).map { [$0] } ?? [] : []
    }
  }

  /// Reads `struct ndmsg` and its attributes; `nil` for other families.
  init?(_ payload: RawSpan) {
    guard payload.byteCount >= 12, payload.native(at: 0, as: UInt8.self) == UInt8(AF_INET6) else {
      return nil
    }
    var address: IPv6Address?
    var linkLayerAddress: MACAddress?
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case NDA_DST where value.byteCount == 16: address = value.ipv6Address
      case NDA_LLADDR where value.byteCount == 6: linkLayerAddress = value.macAddress
      default: break
      }
    }
    guard let address else { return nil }
    let unanswered = UInt16(NUD_FAILED | NUD_INCOMPLETE)
    self.init(
      interface: payload.native(at: 4), address: address, linkLayerAddress: linkLayerAddress,
      isRouter: payload.native(at: 10, as: UInt8.self) & UInt8(NTF_ROUTER) != 0,
      isUnanswered: payload.native(at: 8, as: UInt16.self) & unanswered != 0)
  }
}

/// How full the kernel's Neighbor Cache is (RTM_GETNEIGHTBL); one for all namespaces.
package struct NeighborCacheLoad: Equatable, Sendable {
  /// Entries now.
  package var entries: Int
  /// `gc_thresh3`: no more than this.
  package var limit: Int
  /// Whether the limit can be changed from here: only in the first network namespace.
  package var isAdjustable: Bool

  package init(entries: Int, limit: Int, isAdjustable: Bool = true) {
    self.entries = entries
    self.limit = limit
    self.isAdjustable = isAdjustable
  }

  /// The load now, or `nil` where the kernel does not tell.
  ///
  /// Needs no privilege.
  package static func read() throws(SystemError) -> NeighborCacheLoad? {
    let request: [UInt8] = [UInt8(AF_INET6), 0, 0, 0]
    return try NetlinkSocket.table(
      RTM_GETNEIGHTBL, payload: request, "read the neighbour table's limits"
    ) { message, payload in
      Int(message.type) == RTM_NEWNEIGHTBL ? NeighborCacheLoad(payload).map { [$0] } ?? [] : []
    }.first
  }

  /// Reads `struct ndtmsg`; `nil` for the parameters of one interface.
  private init?(_ payload: RawSpan) {
    var limit: UInt32?
    var entries: UInt32?
    forEachAttribute(in: payload, behind: 4) { attribute, value in
      switch Int(attribute) {
      case NDTA_THRESH3 where value.byteCount == 4: limit = value.native(at: 0)
      // `struct ndt_config`: two lengths of 16 bits, then the number of entries.
      case NDTA_CONFIG where value.byteCount >= 8: entries = value.native(at: 4)
      default: break
      }
    }
    guard let limit, let entries else { return nil }
    self.init(
      entries: Int(entries), limit: Int(limit),
      isAdjustable: RegularFile.exists("/proc/sys/net/ipv6/neigh/default/gc_thresh3"))
  }
}
