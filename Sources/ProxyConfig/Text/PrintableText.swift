extension UInt8 {
  /// Whether a terminal shows this octet as one character of ASCII, a blank among them.
  var isPrintable: Bool { 0x20...0x7e ~= self }

  /// The octet itself where it is printable, `\xNN` otherwise, so that no file drives a terminal.
  var printable: String {
    if isPrintable { return String(UnicodeScalar(self)) }
    return (self < 0x10 ? "\\x0" : "\\x") + String(self, radix: 16)
  }
}

extension String {
  /// The text with every octet escaped that is not printable ASCII.
  var printable: String {
    utf8.allSatisfy(\.isPrintable) ? self : utf8.map(\.printable).joined()
  }

  /// The text as a message repeats it: in quotes, escaped, cut to `TextBounds.quotedOctets`.
  var quoted: String {
    let shown = utf8.prefix(TextBounds.quotedOctets).map(\.printable).joined()
    return "'\(shown)\(utf8.count > TextBounds.quotedOctets ? "..." : "")'"
  }
}
