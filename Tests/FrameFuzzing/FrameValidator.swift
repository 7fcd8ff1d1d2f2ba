import NDPWire

/// What RFC 4861 §7.1.1 and §7.1.2 ask of a frame, sentence by sentence, on plain octets.
///
/// Slow and obvious, and written from the RFC: it shares nothing with `NDPWire`. Where we are
/// stricter than the RFC, the sentence says so.
package enum FrameValidator {
  /// What is wrong with a frame, or `nil` if it is a well-formed message.
  package static func verdict(on frame: [UInt8]) -> String? {
    if frame.count < 14 + 40 { return "shorter than its headers" }
    if frame[12] != 0x86 || frame[13] != 0xdd { return "not IPv6" }
    if frame[6] % 2 == 1 || frame[6..<12].allSatisfy({ $0 == 0 }) {
      return "stricter: not from a station"
    }
    if frame[14] / 16 != 6 { return "not version 6" }
    if frame[20] != 58 { return "not ICMPv6, or stricter: behind an extension header" }
    if frame[21] != 255 { return "the hop limit is not 255" }
    let length = Int(frame[18]) * 256 + Int(frame[19])
    if frame.count - 54 < length { return "shorter than its payload length" }
    let source = frame[22..<38]
    let destination = frame[38..<54]
    let message = frame[54..<54 + length]
    return addressVerdict(source: source, destination: destination)
      ?? messageVerdict(message, source: source, destination: destination)
  }

  private typealias Octets = ArraySlice<UInt8>

  private static func addressVerdict(source: Octets, destination: Octets) -> String? {
    if source.first == 255 { return "from a group" }
    if isLoopback(source) { return "from ::1" }
    if isZero(source.prefix(10)), source.dropFirst(10).prefix(2) == [255, 255] {
      return "stricter: from an IPv4 address"
    }
    if isZero(source.prefix(12)), !isZero(source) { return "stricter: from an IPv4 address" }
    if isZero(destination) || isLoopback(destination) { return "to :: or ::1" }
    return nil
  }

  private static func isZero(_ octets: Octets) -> Bool { octets.allSatisfy { $0 == 0 } }
  private static func isLoopback(_ address: Octets) -> Bool {
    isZero(address.dropLast()) && address.last == 1
  }

  private static func messageVerdict(
    _ message: Octets, source: Octets, destination: Octets
  ) -> String? {
    if message.count < 24 { return "shorter than 24 octets" }
    let type = message[54]
    if type != 135 && type != 136 { return "neither 135 nor 136" }
    if message[55] != 0 { return "the code is not 0" }
    if checksum(of: message, source: source, destination: destination) != 0 {
      return "the checksum is wrong"
    }
    if message[62] == 255 { return "the target is a group" }
    guard let options = options(message.dropFirst(24)) else { return "broken options" }
    let own = options.filter { $0.first == type - 134 }
    if own.contains(where: { $0.count != 8 }) { return "a link-layer address of another length" }
    if let address = own.first?.dropFirst(2), address.first! % 2 == 1 || isZero(address) {
      return "stricter: the link-layer address is no station's"
    }
    return type == 135
      ? solicitationVerdict(source: source, destination: destination, hasOption: !own.isEmpty)
      : advertisementVerdict(flags: message[58], source: source, destination: destination)
  }

  private static func solicitationVerdict(
    source: Octets, destination: Octets, hasOption: Bool
  ) -> String? {
    if !isZero(source) { return nil }
    if destination.prefix(13) != [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff] {
      return "from :: and not to a solicited-node group"
    }
    return hasOption ? "from :: with a source link-layer address" : nil
  }

  private static func advertisementVerdict(
    flags: UInt8, source: Octets, destination: Octets
  ) -> String? {
    if isZero(source) { return "from ::" }
    let isSolicited = flags / 64 % 2 == 1
    return isSolicited && destination.first == 255 ? "to a group with the S flag" : nil
  }

  /// The options, type and length included; `nil` where they do not add up.
  private static func options(_ octets: Octets) -> [Octets]? {
    var rest = octets
    var found: [Octets] = []
    while !rest.isEmpty {
      guard rest.count >= 2 else { return nil }
      let length = Int(rest[rest.startIndex + 1]) * 8
      guard length > 0, rest.count >= length else { return nil }
      found.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return found
  }

  /// The checksum as RFC 1071 §1 tells it: 16-bit words one by one; 0 if the message holds its own.
  package static func checksum(
    of message: ArraySlice<UInt8>, source: ArraySlice<UInt8>, destination: ArraySlice<UInt8>
  ) -> UInt16 {
    let length = message.count
    let tail = [0, 0, UInt8(length / 256), UInt8(length % 256), 0, 0, 0, 58]
    var sum: UInt32 = 0
    for part in [source, destination, tail[...], message] {
      var isHigh = true
      for octet in part {
        sum += isHigh ? UInt32(octet) * 256 : UInt32(octet)
        isHigh.toggle()
      }
    }
    while sum > 0xffff { sum = sum % 65536 + sum / 65536 }
    return ~UInt16(sum)
  }
}

extension [UInt8] {
  /// The frame with the payload length and the checksum that it should have, if it is long enough.
  package mutating func mend(fixingLength: Bool = true) {
    guard count >= 14 + 40 + 4 else { return }
    if fixingLength {
      self[18] = UInt8((count - 54) / 256 % 256)
      self[19] = UInt8((count - 54) % 256)
    }
    let length = Int(self[18]) * 256 + Int(self[19])
    guard length >= 4, count - 54 >= length else { return }
    self[56] = 0
    self[57] = 0
    let sum = FrameValidator.checksum(
      of: self[54..<54 + length], source: self[22..<38], destination: self[38..<54])
    self[56] = UInt8(sum >> 8)
    self[57] = UInt8(sum & 0xff)
  }
}
