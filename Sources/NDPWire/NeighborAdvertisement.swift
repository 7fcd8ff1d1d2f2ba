/// An answer that names a target's link-layer address (RFC 4861 §4.4), with its IPv6 addresses.
///
///      0     1     2        4         8                24
///     +-----+-----+--------+---------+----------------+----
///     | 136 |  0  |checksum|R S O  0 |     target     | options …
///     +-----+-----+--------+---------+----------------+----
///
/// One that exists is well-formed by RFC 4861 §7.1.2; making a malformed one traps.
public struct NeighborAdvertisement: Equatable, Sendable {
  /// Who answers: an address of the interface that sends.
  public let source: IPv6Address
  /// Who asked, or `ff02::1` where nobody did by name.
  public let destination: IPv6Address
  /// The address that is advertised.
  public let target: IPv6Address

  /// The R flag: the sender is a router.
  public let isRouter: Bool
  /// The S flag: this answers a solicitation.
  public let isSolicited: Bool
  /// The O flag: replace what is cached.
  public let isOverride: Bool

  /// Where frames for `target` go.
  public let targetLinkLayerAddress: MACAddress?

  @inlinable
  public init(
    source: IPv6Address, destination: IPv6Address, target: IPv6Address, isRouter: Bool,
    isSolicited: Bool, isOverride: Bool, targetLinkLayerAddress: MACAddress?
  ) {
    precondition(!target.isMulticast && !source.isUnspecified)
    precondition(!isSolicited || !destination.isMulticast)
    self.source = source
    self.destination = destination
    self.target = target
    self.isRouter = isRouter
    self.isSolicited = isSolicited
    self.isOverride = isOverride
    self.targetLinkLayerAddress = targetLinkLayerAddress
  }
}

extension NeighborAdvertisement: NeighborMessage {
  static let type: UInt8 = 136

  init(
    source: IPv6Address, destination: IPv6Address, target: IPv6Address, flags: UInt32,
    linkLayerAddress: MACAddress?
  ) throws(DropReason) {
    guard !source.isUnspecified else { throw .source }
    let isSolicited = flags & Flag.solicited != 0
    guard !isSolicited || !destination.isMulticast else { throw .solicitedMulticast }
    guard linkLayerAddress?.isUnicast != false else { throw .linkLayerAddressNotUnicast }
    self.init(
      source: source, destination: destination, target: target,
      isRouter: flags & Flag.router != 0, isSolicited: isSolicited,
      isOverride: flags & Flag.override != 0, targetLinkLayerAddress: linkLayerAddress)
  }

  var flags: UInt32 {
    (isRouter ? Flag.router : 0) | (isSolicited ? Flag.solicited : 0)
      | (isOverride ? Flag.override : 0)
  }
  var linkLayerAddress: MACAddress? { targetLinkLayerAddress }
  static let linkLayerAddressOption = OptionType.target
}

private enum Flag {
  static let router: UInt32 = 1 << 31
  static let solicited: UInt32 = 1 << 30
  static let override: UInt32 = 1 << 29
}
