import PlainText

/// JSON text that grows by one value after the other.
package struct JSONWriter {
  /// What was written.
  package private(set) var octets: [UInt8] = []
  /// Whether the innermost open array or object has something in it.
  private var hasElements = false

  init() {}

  /// Writes an object, whose members `members` writes.
  package mutating func object(_ members: (inout JSONWriter) -> Void) {
    enclose(in: "{", "}", members)
  }

  /// Writes an array.
  package mutating func array(of elements: some Sequence<some JSONWritable>) {
    enclose(in: "[", "]") {
      for element in elements {
        $0.separate()
        element.write(to: &$0)
      }
    }
  }

  /// Writes a member of the open object; nothing where it has no value.
  package mutating func member(_ name: String, _ value: (some JSONWritable)?) {
    guard let value else { return }
    write(key: name)
    value.write(to: &self)
  }

  /// Writes a member that is an object, whose members `members` writes.
  package mutating func member(_ name: String, _ members: (inout JSONWriter) -> Void) {
    write(key: name)
    object(members)
  }

  private mutating func enclose(
    in start: Unicode.Scalar, _ end: Unicode.Scalar, _ contents: (inout JSONWriter) -> Void
  ) {
    octets.append(UInt8(ascii: start))
    hasElements = false
    contents(&self)
    octets.append(UInt8(ascii: end))
    hasElements = true
  }

  private mutating func separate() {
    if hasElements { octets.append(UInt8(ascii: ",")) }
    hasElements = true
  }

  private mutating func write(key: String) {
    separate()
    write(key)
    octets.append(UInt8(ascii: ":"))
  }

  /// Writes a number, `true` or `false`.
  mutating func write(bare text: String) { octets += text.utf8 }

  /// Writes a string with its quotes; what must be escaped is (RFC 8259 §7), and what is not
  /// printable, so that a terminal may show the text.
  mutating func write(_ text: String) {
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
