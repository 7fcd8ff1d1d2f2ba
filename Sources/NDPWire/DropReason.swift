/// Why a received frame is not a well-formed Neighbor Solicitation or Advertisement.
///
/// Each is counted under its own name; none is ever answered (RFC 4861 §7.1.1, §7.1.2).
public enum DropReason: Int, Error, CaseIterable, Sendable {
  /// The frame ends before its headers do, or the kernel cut it off.
  case truncatedFrame
  /// The EtherType is not 0x86dd, or the IP version is not 6.
  case notIPv6
  /// A frame that comes from a group address or from 00:00:00:00:00:00.
  case frameSourceNotUnicast
  /// The IPv6 payload length promises more octets than the frame has.
  case payloadLongerThanFrame
  /// A fragment header; "MUST silently ignore" (RFC 6980 §5).
  case fragment
  /// Another extension header before the message; no legitimate node sends one here.
  case extensionHeader
  /// The next header is not ICMPv6.
  case notICMPv6
  /// The ICMPv6 type is neither 135 nor 136.
  case notNeighborDiscovery
  /// The hop limit is not 255, so a router may have forwarded it.
  case hopLimit
  /// The ICMPv6 code is not 0.
  case code
  /// The ICMPv6 length is below 24 octets.
  case truncatedMessage
  /// The ICMPv6 checksum is wrong (RFC 4443 §2.3).
  case checksum
  /// The source is a multicast, loopback, IPv4-mapped or -compatible address, or `::` in an
  /// advertisement.
  case source
  /// The destination is `::` or `::1` (RFC 4291 §2.5.2, §2.5.3).
  case destination
  /// The target is a multicast address.
  case targetMulticast
  /// The source is `::` and the destination is not a solicited-node multicast address.
  case unspecifiedSourceDestination
  /// The source is `::` and there is a source link-layer address.
  case unspecifiedSourceLinkLayerAddress
  /// An advertisement to a multicast address with the Solicited flag set.
  case solicitedMulticast
  /// An option of length zero.
  case zeroLengthOption
  /// An option that runs past the end of the message, or octets too few to be one.
  case truncatedOption
  /// A link-layer address option that is not one unit of 8 octets long (RFC 2464 §6).
  case linkLayerAddressLength
  /// A link-layer address option with a group address or 00:00:00:00:00:00.
  case linkLayerAddressNotUnicast

  /// Its name in JSON, metrics, logs and `ndpctl monitor`: that of the case.
  ///
  /// Monitoring of users goes by it, so that a case keeps its name.
  public var name: String {
    // Embedded Swift does not know the names of cases.
    switch self {
    case .truncatedFrame: "truncatedFrame"
    case .notIPv6: "notIPv6"
    case .frameSourceNotUnicast: "frameSourceNotUnicast"
    case .payloadLongerThanFrame: "payloadLongerThanFrame"
    case .fragment: "fragment"
    case .extensionHeader: "extensionHeader"
    case .notICMPv6: "notICMPv6"
    case .notNeighborDiscovery: "notNeighborDiscovery"
    case .hopLimit: "hopLimit"
    case .code: "code"
    case .truncatedMessage: "truncatedMessage"
    case .checksum: "checksum"
    case .source: "source"
    case .destination: "destination"
    case .targetMulticast: "targetMulticast"
    case .unspecifiedSourceDestination: "unspecifiedSourceDestination"
    case .unspecifiedSourceLinkLayerAddress: "unspecifiedSourceLinkLayerAddress"
    case .solicitedMulticast: "solicitedMulticast"
    case .zeroLengthOption: "zeroLengthOption"
    case .truncatedOption: "truncatedOption"
    case .linkLayerAddressLength: "linkLayerAddressLength"
    case .linkLayerAddressNotUnicast: "linkLayerAddressNotUnicast"
    }
  }
}
