extension UInt8 {
  /// Whether a terminal shows this octet as one character of ASCII, a blank among them.
  package var isPrintable: Bool { 0x20...0x7e ~= self }

  /// The octet itself where it is printable, `\xNN` otherwise.
  package var printable: String {
    isPrintable ? String(UnicodeScalar(self)) : escaped
  }

  /// Always `\xNN`.
  var escaped: String { (self < 0x10 ? "\\x0" : "\\x") + String(self, radix: 16) }
}

extension String {
  /// The text with every octet escaped that is not printable ASCII.
  package var printableASCII: String {
    utf8.allSatisfy { $0.isPrintable } ? self : utf8.map { $0.printable }.joined()
  }
}
