/// A question for a target's link-layer address (RFC 4861 §4.3), with its IPv6 addresses.
///
///      0     1     2        4         8                24
///     +-----+-----+--------+---------+----------------+----
///     | 135 |  0  |checksum|reserved |     target     | options …
///     +-----+-----+--------+---------+----------------+----
///
/// One that exists is well-formed by RFC 4861 §7.1.1; making a malformed one traps.
public struct NeighborSolicitation: Equatable, Sendable {
  /// Who asks; `::` where a host detects duplicates of `target` (RFC 4862 §5.4.2).
  public let source: IPv6Address
  /// The solicited-node group of `target`, or a node by name.
  public let destination: IPv6Address
  /// The address that is asked for; never multicast.
  public let target: IPv6Address

  /// Where the asker wants its answer.
  public let sourceLinkLayerAddress: MACAddress?

  public init(
    source: IPv6Address, destination: IPv6Address, target: IPv6Address,
    sourceLinkLayerAddress: MACAddress?
  ) {
    precondition(!target.isMulticast)
    precondition(
      !source.isUnspecified
        || (destination.isSolicitedNodeMulticast && sourceLinkLayerAddress == nil))
    self.source = source
    self.destination = destination
    self.target = target
    self.sourceLinkLayerAddress = sourceLinkLayerAddress
  }

  /// Whether this detects duplicates instead of resolving an address.
  @inlinable
  public var isDuplicateAddressDetection: Bool { source.isUnspecified }
}

extension NeighborSolicitation: NeighborMessage {
  static let type: UInt8 = 135

  init(
    source: IPv6Address, destination: IPv6Address, target: IPv6Address, flags: UInt32,
    linkLayerAddress: MACAddress?
  ) throws(DropReason) {
    if source.isUnspecified {
      guard destination.isSolicitedNodeMulticast else { throw .unspecifiedSourceDestination }
      guard linkLayerAddress == nil else { throw .unspecifiedSourceLinkLayerAddress }
    }
    guard linkLayerAddress?.isUnicast != false else { throw .linkLayerAddressNotUnicast }
    self.init(
      source: source, destination: destination, target: target,
      sourceLinkLayerAddress: linkLayerAddress)
  }

  var flags: UInt32 { 0 }
  var linkLayerAddress: MACAddress? { sourceLinkLayerAddress }
  static let linkLayerAddressOption = OptionType.source
}
