import NDPWire
import Testing

/// Octets from hexadecimal text; blanks are ignored.
func octets(_ hex: String) -> [UInt8] {
  let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hex(_ octets: [UInt8]) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The checksum as RFC 1071 §1 tells it: every 16-bit word, one by one.
///
/// Slow and obvious.
func horribleChecksum(_ message: [UInt8], source: [UInt8], destination: [UInt8]) -> UInt16 {
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
struct CraftedFrame {
  var ethernet: [UInt8]
  var ip: [UInt8]
  var message: [UInt8]
  var padding: [UInt8] = []
  var fixesPayloadLength = true
  var fixesChecksum = true

  init(_ hexText: String) {
    let all = octets(hexText)
    ethernet = Array(all[..<14])
    ip = Array(all[14..<54])
    message = Array(all[54...])
  }

  func with(_ change: (inout CraftedFrame) -> Void) -> [UInt8] {
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

func decode(_ octets: [UInt8]) -> Result<NeighborDiscoveryFrame, DropReason> {
  Result { () throws(DropReason) in try NeighborDiscoveryFrame(decoding: octets.span.bytes) }
}

/// Frames that scapy 2.5 built, so that our encoder and decoder cannot agree on the same mistake.
enum Golden {
  static let solicitation = """
    3333ff000010 0200000000aa 86dd 60000000 0020 3a ff
    fe8000000000000000000000000000aa ff0200000000000000000001ff000010
    87 00 48f1 00000000 20010db80001000000ff000000000010 01 01 0200000000aa
    """
  static let unicastSolicitation = """
    020000000100 0200000000aa 86dd 60000000 0018 3a ff
    fe8000000000000000000000000000aa 20010db80001000000ff000000000010
    87 00 1bf0 00000000 20010db80001000000ff000000000010
    """
  static let duplicateAddressDetection = """
    3333ff000010 0200000000aa 86dd 60000000 0018 3a ff
    00000000000000000000000000000000 ff0200000000000000000001ff000010
    87 00 4bcf 00000000 20010db80001000000ff000000000010
    """
  static let solicitationWithNonce = """
    3333ff000010 0200000000aa 86dd 60000000 0020 3a ff
    00000000000000000000000000000000 ff0200000000000000000001ff000010
    87 00 a3f9 00000000 20010db80001000000ff000000000010 0e 01 112233445566
    """
  static let advertisement = """
    0200000000aa 020000000100 86dd 60000000 0020 3a ff
    fe800000000000000000000000000100 fe8000000000000000000000000000aa
    88 00 852e c0000000 20010db80001000000ff000000000010 02 01 020000000100
    """
  static let globalAdvertisement = """
    0200000000aa 020000000100 86dd 60000000 0020 3a ff
    20010db8000100000000000000000002 20010db8000100000000000000000001
    88 00 2863 c0000000 20010db80001000000ff000000000010 02 01 020000000100
    """
  static let duplicateAddressDefence = """
    333300000001 020000000100 86dd 60000000 0020 3a ff
    fe800000000000000000000000000100 ff020000000000000000000000000001
    88 00 c555 80000000 20010db80001000000ff000000000010 02 01 020000000100
    """
}
