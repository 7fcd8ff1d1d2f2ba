import CLinux
package import NDPWire

/// An entry of the kernel's Neighbor Cache as `ip -6 neighbor` shows it (RTM_GETNEIGH).
package struct NeighborCacheEntry: Equatable, Sendable {
  /// The interface that it is about.
  package var interface: Int32
  /// Whose entry it is.
  package var address: IPv6Address
  /// Where frames go; `nil` unless known.
  package var linkLayerAddress: MACAddress?
  /// Whether the neighbor has said to be a router (NTF_ROUTER).
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

  /// All neighbors that the kernel knows of; needs no privilege.
  package static func readAll() throws(SystemError) -> [NeighborCacheEntry] {
    try read(flags: 0)
  }

  /// The entries that are asked for by flags (`ndm_flags`); needs no privilege.
  package static func read(flags: UInt8) throws(SystemError) -> [NeighborCacheEntry] {
    let request = [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 9) + [flags, 0]
    return try NetlinkSocket.table(RTM_GETNEIGH, payload: request, "read neighbors from netlink") {
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
