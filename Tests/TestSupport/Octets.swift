/// Octets from hexadecimal text; blanks are ignored.
package func octets(_ hex: String) -> [UInt8] {
  let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Two hexadecimal digits for each octet.
package func hex(_ octets: [UInt8]) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The checksum as RFC 1071 §1 tells it: every 16-bit word, one by one.
///
/// Slow and obvious.
package func horribleChecksum(_ message: [UInt8], source: [UInt8], destination: [UInt8]) -> UInt16 {
  var all = source + destination
  all += [0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xff), 0, 0, 0, 58]
  all += message
  if all.count % 2 == 1 { all.append(0) }
  var sum: UInt32 = 0
  for index in stride(from: 0, to: all.count, by: 2) {
    sum += UInt32(all[index]) << 8 | UInt32(all[index + 1])
    if sum > 0xffff { sum -= 0xffff }
  }
  return UInt16(sum)
}

/// A frame that a test bends octet by octet; the checksum is set right at the end.
package struct CraftedFrame {
  /// The Ethernet header.
  package var ethernet: [UInt8]
  /// The IPv6 header.
  package var ip: [UInt8]
  /// The ICMPv6 message.
  package var message: [UInt8]
  /// What follows the IPv6 payload.
  package var padding: [UInt8] = []
  /// Whether the payload length is set to that of the message.
  package var fixesPayloadLength = true
  /// Whether the checksum is set right.
  package var fixesChecksum = true

  package init(_ hexText: String) {
    let all = octets(hexText)
    ethernet = Array(all[..<14])
    ip = Array(all[14..<54])
    message = Array(all[54...])
  }

  /// The octets after a change.
  package func with(_ change: (inout CraftedFrame) -> Void) -> [UInt8] {
    var frame = self
    change(&frame)
    if frame.fixesPayloadLength {
      frame.ip[4] = UInt8(frame.message.count >> 8)
      frame.ip[5] = UInt8(frame.message.count & 0xff)
    }
    if frame.fixesChecksum, frame.message.count >= 4 {
      frame.message[2] = 0
      frame.message[3] = 0
      let length = min(Int(frame.ip[4]) << 8 | Int(frame.ip[5]), frame.message.count)
      let sum = ~horribleChecksum(
        Array(frame.message[..<length]), source: Array(frame.ip[8..<24]),
        destination: Array(frame.ip[24..<40]))
      frame.message[2] = UInt8(sum >> 8)
      frame.message[3] = UInt8(sum & 0xff)
    }
    return frame.ethernet + frame.ip + frame.message + frame.padding
  }
}
