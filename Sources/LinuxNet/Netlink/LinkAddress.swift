import CLinux
package import NDPWire

/// An IPv6 address of an interface as rtnetlink describes it (RTM_NEWADDR).
package struct LinkAddress: Equatable, Sendable {
  /// The interface that has the address.
  package let index: Int32
  /// The local address, not a point-to-point peer.
  package let address: IPv6Address
  /// 0 through 128.
  package let prefixLength: Int
  /// Whether duplicate address detection is not over, or failed.
  package let isTentative: Bool
  /// Whether duplicate address detection failed.
  package let isDuplicate: Bool
  /// Whether it should no longer be the source of anything new (RFC 4862 §5.5.4).
  package let isDeprecated: Bool

  package init(
    index: Int32, address: IPv6Address, prefixLength: Int, isTentative: Bool,
    isDuplicate: Bool = false, isDeprecated: Bool
  ) {
    self.index = index
    self.address = address
    self.prefixLength = prefixLength
    self.isTentative = isTentative
    self.isDuplicate = isDuplicate
    self.isDeprecated = isDeprecated
  }
}

extension LinkAddress {
  /// Reads `struct ifaddrmsg` and its attributes; `nil` for other families.
  package init?(_ payload: RawSpan) {
    guard payload.byteCount >= 8, payload.native(at: 0, as: UInt8.self) == UInt8(AF_INET6) else {
      return nil
    }
    var flags = UInt32(payload.native(at: 2, as: UInt8.self))
    var address: IPv6Address?
    var local: IPv6Address?
    forEachAttribute(in: payload, behind: 8) { attribute, value in
      switch Int(attribute) {
      case IFA_ADDRESS where value.byteCount == 16: address = value.ipv6Address
      case IFA_LOCAL where value.byteCount == 16: local = value.ipv6Address
      case IFA_FLAGS where value.byteCount == 4: flags = value.native(at: 0)
      default: break
      }
    }
    let length = Int(payload.native(at: 1, as: UInt8.self))
    guard let own = local ?? address, length <= 128 else { return nil }
    let tentative = UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_OPTIMISTIC)
    self.init(
      index: payload.native(at: 4), address: own, prefixLength: length,
      isTentative: flags & tentative != 0, isDuplicate: flags & UInt32(IFA_F_DADFAILED) != 0,
      isDeprecated: flags & UInt32(IFA_F_DEPRECATED) != 0)
  }
}
