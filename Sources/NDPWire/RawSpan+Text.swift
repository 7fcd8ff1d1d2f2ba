extension RawSpan {
  /// The first octets in hexadecimal digits, two for each.
  public func hexadecimal(limit: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for position in 0..<min(limit, byteCount) {
      let octet: UInt8 = bigEndian(at: position)
      text.append(digits[Int(octet >> 4)])
      text.append(digits[Int(octet & 0xf)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
