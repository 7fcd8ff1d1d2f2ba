/// What solicitations and advertisements share: 24 octets, then options.
protocol NeighborMessage {
  static var type: UInt8 { get }
  static var linkLayerAddressOption: UInt8 { get }

  var source: IPv6Address { get }
  var destination: IPv6Address { get }
  var target: IPv6Address { get }
  /// Octets 4 through 7: flags of an advertisement, reserved in a solicitation.
  var flags: UInt32 { get }
  var linkLayerAddress: MACAddress? { get }

  init(
    source: IPv6Address, destination: IPv6Address, target: IPv6Address, flags: UInt32,
    linkLayerAddress: MACAddress?
  ) throws(DropReason)
}

/// A Neighbor Discovery message in its Ethernet frame.
public struct EthernetFrame<Message> {
  /// The station that sent the frame; never a group.
  public let source: MACAddress
  /// The station or group that the frame goes to.
  public let destination: MACAddress
  /// What the frame carries.
  public let message: Message

  @inlinable
  public init(source: MACAddress, destination: MACAddress, message: Message) {
    self.source = source
    self.destination = destination
    self.message = message
  }
}

extension EthernetFrame: Equatable where Message: Equatable {}
extension EthernetFrame: Sendable where Message: Sendable {}

/// A received frame that carries a well-formed solicitation or advertisement.
public enum NeighborDiscoveryFrame: Equatable, Sendable {
  case solicitation(EthernetFrame<NeighborSolicitation>)
  case advertisement(EthernetFrame<NeighborAdvertisement>)

  /// Reads one Ethernet frame, of which padding behind the IPv6 payload is no part.
  ///
  /// Throws the first defect found. About 25 ns, no allocation.
  public init(decoding frame: RawSpan) throws(DropReason) {
    let ethernet = try EthernetHeader(decoding: frame)
    let packet = frame.extracting(droppingFirst: EthernetHeader.length)
    let ip = try IPv6Header(decoding: packet)
    let message = packet.extracting(IPv6Header.length..<IPv6Header.length + ip.payloadLength)
    guard message.byteCount >= 1 else { throw .truncatedMessage }
    switch message.bigEndian(at: 0, as: UInt8.self) {
    case NeighborSolicitation.type:
      self = .solicitation(EthernetFrame(ethernet, try decodeMessage(message, ip)))
    case NeighborAdvertisement.type:
      self = .advertisement(EthernetFrame(ethernet, try decodeMessage(message, ip)))
    default:
      throw .notNeighborDiscovery
    }
  }
}

private let fixedLength = 24

private func decodeMessage<Message: NeighborMessage>(
  _ octets: RawSpan, _ ip: IPv6Header
) throws(DropReason) -> Message {
  guard octets.byteCount >= fixedLength else { throw .truncatedMessage }
  guard octets.bigEndian(at: 1, as: UInt8.self) == 0 else { throw .code }
  guard ICMPv6Checksum.isValid(octets, source: ip.source, destination: ip.destination) else {
    throw .checksum
  }
  let target = octets.address(at: 8)
  guard !target.isMulticast else { throw .targetMulticast }
  return try Message(
    source: ip.source, destination: ip.destination, target: target,
    flags: octets.bigEndian(at: 4),
    linkLayerAddress: LinkLayerAddressOption.find(
      type: Message.linkLayerAddressOption, in: octets, from: fixedLength))
}

extension EthernetFrame {
  fileprivate init(_ header: EthernetHeader, _ message: Message) {
    self.init(source: header.source, destination: header.destination, message: message)
  }
}

extension EthernetFrame where Message == NeighborSolicitation {
  /// Writes the frame at the start of `octets`, which must hold 86, and returns its length.
  ///
  /// About 25 ns, no allocation.
  public func encode(into octets: inout MutableRawSpan) -> Int {
    encodeFrame(self, into: &octets)
  }
}

extension EthernetFrame where Message == NeighborAdvertisement {
  /// Writes the frame at the start of `octets`, which must hold 86, and returns its length.
  ///
  /// About 25 ns, no allocation.
  public func encode(into octets: inout MutableRawSpan) -> Int {
    encodeFrame(self, into: &octets)
  }
}

private func encodeFrame<Message: NeighborMessage>(
  _ frame: EthernetFrame<Message>, into octets: inout MutableRawSpan
) -> Int {
  let message = frame.message
  let start = EthernetHeader.length + IPv6Header.length
  let length =
    fixedLength + (message.linkLayerAddress == nil ? 0 : LinkLayerAddressOption.length)
  EthernetHeader(destination: frame.destination, source: frame.source).encode(into: &octets)
  IPv6Header(source: message.source, destination: message.destination, payloadLength: length)
    .encode(into: &octets, at: EthernetHeader.length)
  octets.store(UInt32(Message.type) << 24, at: start)
  octets.store(message.flags, at: start + 4)
  octets.store(message.target, at: start + 8)
  if let address = message.linkLayerAddress {
    LinkLayerAddressOption.encode(
      address, type: Message.linkLayerAddressOption, into: &octets, at: start + fixedLength)
  }
  let sum = ICMPv6Checksum.sum(
    of: octets.bytes.extracting(start..<start + length),
    source: message.source, destination: message.destination)
  octets.store(~sum, at: start + ICMPv6Checksum.offset)
  return start + length
}
