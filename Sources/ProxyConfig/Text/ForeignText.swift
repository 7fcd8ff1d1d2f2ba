import PlainText

/// Octets that are not printable ASCII, named as people know them.
struct ForeignText {
  /// Such as `a no-break space`.
  let name: String

  /// What to do about it.
  let remedy: String

  /// Looks at the octets from `offset` on.
  ///
  /// Precondition: there is at least one.
  init(at offset: Int, in octets: [UInt8]) {
    let rest = octets[offset...]
    if let known = Self.known.first(where: { rest.starts(with: $0.octets) }) {
      name = known.name
      remedy = known.remedy
    } else {
      name = "byte \(octets[offset].printable)"
      remedy = "remove it: keys and values are printable ASCII"
    }
  }

  /// U+FEFF in UTF-8, which Windows editors put at the start of a file.
  static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

  /// Whether a file begins like UTF-16, in which every second octet would be foreign.
  static func isUTF16(_ octets: ArraySlice<UInt8>) -> Bool {
    octets.starts(with: [0xff, 0xfe]) || octets.starts(with: [0xfe, 0xff])
  }

  /// What word processors and web pages leave behind.
  private static let known: [(octets: [UInt8], name: String, remedy: String)] = [
    (byteOrderMark, "a byte order mark", "remove it; join files with 'cat' only if they have none"),
    ([0xc2, 0xa0], "a no-break space (U+00A0)", "replace it by an ordinary blank"),
    ([0xe2, 0x80, 0x8b], "a zero-width space (U+200B)", "remove it"),
    ([0xe2, 0x80, 0x98], "a curly quote (U+2018)", "remove it: names need no quotes"),
    ([0xe2, 0x80, 0x99], "a curly quote (U+2019)", "remove it: names need no quotes"),
    ([0xe2, 0x80, 0x9c], "a curly quote (U+201C)", "remove it: names need no quotes"),
    ([0xe2, 0x80, 0x9d], "a curly quote (U+201D)", "remove it: names need no quotes"),
    ([0xe2, 0x80, 0x93], "an en dash (U+2013)", "write '-'"),
    ([0xe2, 0x80, 0x94], "an em dash (U+2014)", "write '-'"),
  ]
}
