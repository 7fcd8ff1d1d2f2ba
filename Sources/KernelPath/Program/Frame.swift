// A solicitation with one source link-layer address option, as it stands in memory: RFC 2464 §3,
// RFC 8200 §3, RFC 4861 §4.3 and §4.6.1. Its answer takes the same room (§4.4).
//
// Every field is made of 16-bit words in network order: after an Ethernet header of 14 octets,
// nothing in a packet is aligned better than that.

/// A frame of 86 octets, read and written in place.
struct Frame {
  // Ethernet.
  var linkDestination: MACAddress
  var linkSource: MACAddress
  var etherType: UInt16
  // IPv6.
  var versionAndClass: UInt16
  var flowLabel: UInt16
  var payloadLength: UInt16
  var nextHeaderAndHopLimit: UInt16
  var source: PackedAddress
  var destination: PackedAddress
  // ICMPv6.
  var typeAndCode: UInt16
  var checksum: UInt16
  var flags: UInt16
  var reserved: UInt16
  var target: PackedAddress
  // The option.
  var optionTypeAndLength: UInt16
  var optionAddress: MACAddress

  static var length: Int { 86 }
  /// Up to the target.
  static var lengthWithoutOption: Int { 78 }
}

/// What the words of such a frame are, in the order in which a processor of little endian reads
/// them.
enum Word {
  static var ipv6: UInt16 { 0xdd86 }
  /// The four bits of the version alone.
  static var version: UInt16 { 0x0060 }
  static var versionMask: UInt16 { 0x00f0 }
  /// An ICMPv6 message with one option: 24 + 8 octets.
  static var messageLength: UInt16 { 0x2000 }
  /// ICMPv6 (58), hop limit 255.
  static var icmpv6AndHopLimit: UInt16 { 0xff3a }
  static var icmpv6: UInt16 { 0x003a }
  static var nextHeaderMask: UInt16 { 0x00ff }
  /// Type 135, code 0.
  static var solicitation: UInt16 { 0x0087 }
  /// Type 136, code 0.
  static var advertisement: UInt16 { 0x0088 }
  /// Type 1, one unit of 8 octets.
  static var sourceOption: UInt16 { 0x0101 }
  /// Type 2, one unit of 8 octets.
  static var targetOption: UInt16 { 0x0102 }
  /// What of the pseudo-header is no address: length and next header (RFC 8200 §8.1).
  static var pseudoHeader: UInt32 { 0x2000 + 0x3a00 }
  /// Type 128, code 0.
  static var echoRequest: UInt16 { 0x0080 }
  /// Type 129, code 0.
  static var echoReply: UInt16 { 0x0081 }
  /// The first octet of a group's link-layer address has this bit.
  static var groupBit: UInt16 { 0x0001 }
}

struct MACAddress {
  var words: (UInt16, UInt16, UInt16)

  /// Whether it may be one station's: no group, and not zero.
  var isUnicast: Bool {
    words.0 & Word.groupBit == 0 && words.0 | words.1 | words.2 != 0
  }
}

/// An IPv6 address as a frame has it.
struct PackedAddress {
  var words: (UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16)
}

/// An IPv6 address as the program compares and copies it: in network order, as everywhere.
struct IPv6Address {
  var high: UInt64
  var low: UInt64

  /// Reads one that is part of a frame, where it is not aligned: processors of 64 bits permit that.
  @inline(__always)
  init(_ packed: inout PackedAddress) {
    self = withUnsafePointer(to: &packed) { UnsafeRawPointer($0).load(as: IPv6Address.self) }
  }

  /// Writes it into a frame.
  @inline(__always)
  func copy(to packed: inout PackedAddress) {
    withUnsafeMutablePointer(to: &packed) {
      UnsafeMutableRawPointer($0).storeBytes(of: self, as: IPv6Address.self)
    }
  }

  /// The sum of its words of 32 bits, which leaves the same remainder as those of 16.
  var sum: UInt64 {
    high & 0xffff_ffff &+ high >> 32 &+ low & 0xffff_ffff &+ low >> 32
  }

  var isMulticast: Bool { high & 0xff == 0xff }

  /// fe80::/10.
  var isLinkLocal: Bool { high & 0xc0ff == 0x80fe }

  /// Whether all but the last four octets are zero, or it is IPv4-mapped: none of them is a
  /// host's on a link.
  var isSpecial: Bool {
    high == 0 && (low & 0xffff_ffff == 0 || low & 0xffff_ffff == 0xffff_0000)
  }
}

@inline(__always)
func == (one: IPv6Address, other: IPv6Address) -> Bool {
  one.high == other.high && one.low == other.low
}

// Swift gives ^ and | one precedence.

@inline(__always)
func == (one: MACAddress, other: MACAddress) -> Bool {
  let (a, b) = (one.words, other.words)
  return (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) == 0
}

extension UnsafeMutablePointer<Frame> {
  /// Whether it is a solicitation of RFC 4861 §4.3 with a source link-layer address option, and
  /// nothing else; the caller has seen to its length.
  @inline(__always)
  var isPlainSolicitation: Bool {
    pointee.etherType == Word.ipv6
      && pointee.versionAndClass & Word.versionMask == Word.version
      && pointee.payloadLength == Word.messageLength
      && pointee.nextHeaderAndHopLimit == Word.icmpv6AndHopLimit
      && pointee.typeAndCode == Word.solicitation
      && pointee.optionTypeAndLength == Word.sourceOption
      && checksumOfMessage == 0xffff
  }

  /// The sum over pseudo-header and message, folded: 0xffff where the checksum is right, and the
  /// complement of the checksum where that field is zero (RFC 4443 §2.3, RFC 1071).
  @inline(__always)
  var checksumOfMessage: UInt16 {
    var sum = UInt64(Word.pseudoHeader)
    sum &+= IPv6Address(&pointee.source).sum
    sum &+= IPv6Address(&pointee.destination).sum
    sum &+= UInt64(pointee.typeAndCode) &+ UInt64(pointee.checksum)
    sum &+= UInt64(pointee.flags) &+ UInt64(pointee.reserved)
    sum &+= IPv6Address(&pointee.target).sum
    sum &+= UInt64(pointee.optionTypeAndLength)
    let address = pointee.optionAddress.words
    sum &+= UInt64(address.0) &+ UInt64(address.1) &+ UInt64(address.2)
    sum = sum & 0xffff_ffff &+ sum >> 32
    sum = sum & 0xffff &+ sum >> 16
    sum = sum & 0xffff &+ sum >> 16
    return UInt16(truncatingIfNeeded: sum & 0xffff &+ sum >> 16)
  }
}
