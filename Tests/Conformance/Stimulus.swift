package import NDPWire
import TestSupport

/// A solicitation to bend: every field can be set to anything, right or wrong.
///
/// It writes its octets by itself, so that our encoder can be checked against it.
package struct Stimulus: Sendable {
  /// Who sends it.
  package let asker: Station
  /// The Ethernet header's destination.
  package var frameDestination: MACAddress
  /// The Ethernet header's source.
  package var frameSource: MACAddress
  /// What lies between the Ethernet addresses and the packet; VLAN tags go in front.
  package var etherType: [UInt8] = [0x86, 0xdd]
  /// The first 32 bits of the packet: version, traffic class, flow label.
  package var firstWord: UInt32 = 0x6000_0000
  /// The payload length; by default that of the payload.
  package var payloadLength: Int?
  /// The next header of the IPv6 header.
  package var nextHeader: UInt8 = 58
  /// The hop limit.
  package var hopLimit: UInt8 = 255
  /// The IPv6 source.
  package var source: IPv6Address
  /// The IPv6 destination.
  package var destination: IPv6Address
  /// Extension headers in front of the message; mind `nextHeader`.
  package var extensionHeaders: [UInt8] = []
  /// The ICMPv6 type.
  package var type: UInt8 = 135
  /// The ICMPv6 code.
  package var code: UInt8 = 0
  /// The 32 bits behind the checksum.
  package var reserved: UInt32 = 0
  /// The target.
  package var target: IPv6Address
  /// All that follows the target: options, whole or broken.
  package var options: [UInt8]
  /// The message is cut to so many octets, and the checksum is right for these.
  package var messageLength: Int?
  /// The checksum; by default the right one.
  package var checksum: UInt16?
  /// What follows the packet in its frame.
  package var padding: [UInt8] = []

  /// A solicitation without fault, from the asker's link-local address by multicast.
  package init(from asker: Station, for target: IPv6Address) {
    self.asker = asker
    self.target = target
    source = asker.linkLocal
    destination = target.solicitedNodeMulticast
    frameDestination = MACAddress(multicast: target.solicitedNodeMulticast)
    frameSource = asker.linkLayerAddress
    options = Self.sourceLinkLayerAddress(asker.linkLayerAddress)
  }

  /// The option of RFC 4861 §4.6.1 that a solicitation carries.
  package static func sourceLinkLayerAddress(_ address: MACAddress) -> [UInt8] {
    [1, 1] + address.octets
  }

  /// The option of RFC 4861 §4.6.1 that an advertisement carries.
  package static func targetLinkLayerAddress(_ address: MACAddress) -> [UInt8] {
    [2, 1] + address.octets
  }

  /// Makes it a question by unicast, as a router sends that wants to know whether a neighbor is
  /// still there.
  package mutating func goByUnicast() {
    destination = target
    frameDestination = Side.up.linkLayerAddress
  }

  /// Makes it one that looks for duplicates of an address.
  package mutating func detectDuplicates() {
    source = .unspecified
    options = []
  }

  /// The checksum that is right for it.
  package var rightChecksum: UInt16 {
    ~horribleChecksum(message(0), source: source.octets, destination: destination.octets)
  }

  /// The whole frame.
  package var octets: [UInt8] {
    let payload = extensionHeaders + message(checksum ?? rightChecksum)
    let length = payloadLength ?? payload.count
    return frameDestination.octets + frameSource.octets + etherType
      + firstWord.octets + UInt16(truncatingIfNeeded: length).octets + [nextHeader, hopLimit]
      + source.octets + destination.octets + payload + padding
  }

  private func message(_ checksum: UInt16) -> [UInt8] {
    let whole = [type, code] + checksum.octets + reserved.octets + target.octets + options
    return Array(whole.prefix(messageLength ?? whole.count))
  }
}

extension MACAddress {
  /// Its six octets.
  package var octets: [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: bits >> (40 - 8 * $0)) }
  }
}

extension IPv6Address {
  /// Its sixteen octets.
  package var octets: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: bits >> (120 - 8 * $0)) }
  }

  /// The address whose sixteen octets these are.
  package init(octets: some Sequence<UInt8>) {
    self.init(bits: octets.reduce(0) { $0 << 8 | UInt128($1) })
  }
}

extension FixedWidthInteger {
  /// Its octets, the most significant first.
  var octets: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: self >> $0)
    }
  }
}
