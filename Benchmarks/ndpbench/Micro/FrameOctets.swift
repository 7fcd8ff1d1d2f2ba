import NDPWire

/// The octets of one question, as they come from the wire.
struct FrameOctets {
  private let octets: [UInt8]

  init(_ question: EthernetFrame<NeighborSolicitation>) {
    var octets = [UInt8](repeating: 0, count: 128)
    var span = octets.mutableSpan
    var bytes = unsafe span.mutableBytes
    let length = question.encode(into: &bytes)
    self.octets = Array(octets[..<length])
  }

  func decoded() throws(DropReason) -> NeighborDiscoveryFrame {
    unsafe try NeighborDiscoveryFrame(decoding: octets.span.bytes)
  }

  /// The sum over the message and a pseudo-header.
  func checksum(source: IPv6Address, destination: IPv6Address) -> UInt16 {
    unsafe ICMPv6Checksum.sum(
      of: octets.span.bytes.extracting(54..<86), source: source, destination: destination)
  }
}

/// Writes so many answers over one another, and returns how many octets those were.
func encodeRepeatedly(
  _ count: Int, _ answer: (Int) -> EthernetFrame<NeighborAdvertisement>
) -> Int {
  var octets = [UInt8](repeating: 0, count: 128)
  var span = octets.mutableSpan
  var bytes = unsafe span.mutableBytes
  var sum = 0
  for index in 0..<count { sum += answer(index).encode(into: &bytes) }
  return sum
}
