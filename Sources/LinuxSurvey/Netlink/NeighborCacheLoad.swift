import CLinux
import Glibc
package import LinuxNet

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
      RTM_GETNEIGHTBL, payload: request, "read the neighbor table's limits"
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
