import PlainText

/// Text that grows as values are said, in order.
///
/// Nobody tells where an array or object ends: whatever is written next outside it closes it.
final class JSONWriter {
  private(set) var octets: [UInt8] = []
  private var open: [Structure] = []

  private struct Structure {
    let end: UInt8
    var isEmpty = true
  }

  /// Begins an array or object within the first `depth` that are open, and returns its own depth.
  func begin(isObject: Bool, within depth: Int) -> Int {
    close(downTo: depth)
    octets.append(UInt8(ascii: isObject ? "{" : "["))
    open.append(Structure(end: UInt8(ascii: isObject ? "}" : "]")))
    return depth + 1
  }

  /// Ends whatever is open beyond the first `depth`.
  func close(downTo depth: Int) {
    while open.count > depth { octets.append(open.removeLast().end) }
  }

  /// Makes ready for the next element of the array or object at this depth.
  func separate(at depth: Int) {
    close(downTo: depth)
    if !open[depth - 1].isEmpty { octets.append(UInt8(ascii: ",")) }
    open[depth - 1].isEmpty = false
  }

  /// Writes the key of the next element of the object at this depth.
  func write(key: String, at depth: Int) {
    separate(at: depth)
    write(key)
    octets.append(UInt8(ascii: ":"))
  }

  /// Writes a number, `true`, `false` or `null`.
  func write(bare text: String) { octets += text.utf8 }

  /// Writes a string with its quotes; what must be escaped is (RFC 8259 §7), and what is not
  /// printable, so that a terminal may show the text.
  func write(_ text: String) {
    octets.append(UInt8(ascii: "\""))
    defer { octets.append(UInt8(ascii: "\"")) }
    if text.utf8.allSatisfy({ 0x20...0x7e ~= $0 && $0 != 0x22 && $0 != 0x5c }) {
      octets += text.utf8
      return
    }
    var isBeginning = true
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": octets += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
      case _ where !scalar.isPrintable || isBeginning && scalar.joins: octets.append(escape: scalar)
      default: octets += String(scalar).utf8
      }
      isBeginning = false
    }
  }
}

extension [UInt8] {
  /// Appends `\uHHHH`, and twice that for a character beyond U+FFFF.
  mutating func append(escape scalar: Unicode.Scalar) {
    for unit in String(scalar).utf16 {
      self += "\\u".utf8
      for shift in [12, 8, 4, 0] { append(hexadecimalDigit(UInt8(unit >> UInt16(shift) & 0xf))) }
    }
  }
}

/// The digit for a number below 16.
private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
