extension Unicode.Scalar {
  /// Whether a terminal, a log and whoever reads it take the character for what it is.
  ///
  /// Not printable are control characters (C0, DEL, C1), line and paragraph separators, what
  /// changes the direction of writing (Bidi_Control), and what shows as nothing
  /// (Default_Ignorable_Code_Point; Unicode 16, PropList.txt and DerivedCoreProperties.txt).
  package var isPrintable: Bool {
    switch value {
    case 0x20...0x7e: true
    case ..<0xa0, 0xad, 0x34f, 0x61c, 0x115f...0x1160, 0x17b4...0x17b5, 0x180b...0x180f,
      0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0x3164, 0xfe00...0xfe0f, 0xfeff, 0xffa0,
      0xfff0...0xfffb, 0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0000...0xe0fff:
      false
    default: true
    }
  }

  /// Whether it joins the character in front of it, as combining marks do (UAX #29).
  package var joins: Bool { value >= 0x300 && "\"\(self)".count == 1 }

  /// Each octet of its UTF-8 as `\xNN`.
  var escaped: String {
    String(self).utf8.map { $0.escaped }.joined()
  }
}
