import PlainText

/// A run of octets that is one key or one value.
struct Word: Equatable, Sendable {
  /// Its octets, without quotes.
  let range: Range<Int>

  /// Whether something in it was reported already, so that nothing more is said about it.
  var isDamaged = false

  /// Whether it stood in quotes, where `#` and `//` are nothing special.
  var isQuoted = false
}

/// What stands where a key is expected.
///
/// Each case knows its offset.
enum Token: Equatable, Sendable {
  /// Letters, digits, `-` and `_`.
  case key(Word)

  /// Any other printable run; never empty.
  case stray(Word)

  /// `{`
  case openBrace(Int)

  /// `}`
  case closeBrace(Int)

  /// Nothing but blanks and comments was left.
  case endOfFile
}

extension UInt8 {
  /// What ndppd takes for blank within a line: a carriage return too, so that CRLF files work.
  var isBlank: Bool { self == 0x20 || self == 0x09 || 0x0b...0x0d ~= self }

  /// The end of a line.
  var isLineFeed: Bool { self == 0x0a }

  /// Whether the octet is `{` or `}`.
  var isBrace: Bool { self == UInt8(ascii: "{") || self == UInt8(ascii: "}") }

  /// Whether the octet must not stand outside comments and quotes.
  var isForeign: Bool { !isPrintable && !isBlank && !isLineFeed }

  /// Whether the octet may be part of a key.
  var isKeyOctet: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
