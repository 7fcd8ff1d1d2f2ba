/// A JSON value; numbers are as they were written.
package indirect enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A key and its value; of equal keys the first counts.
  package struct Member: Equatable {
    /// The key.
    package let key: String
    /// Its value.
    package let value: JSONValue
  }
}

/// Why a text is no JSON, or too much of it.
package struct JSONSyntaxError: Error, CustomStringConvertible {
  /// One sentence without a full stop.
  package let description: String
}

/// Reads one JSON text (RFC 8259), no deeper than `depthLimit`.
struct JSONReader {
  private let octets: [UInt8]
  private var position = 0

  /// How deeply arrays and objects may stand in each other; ours need six.
  static let depthLimit = 16

  init(_ octets: some Sequence<UInt8>) {
    self.octets = Array(octets)
  }

  /// Reads the text to its end.
  mutating func readText() throws(JSONSyntaxError) -> JSONValue {
    let value = try readValue(depth: 0)
    skipSpace()
    guard position == octets.count else { throw failure("the end") }
    return value
  }

  private mutating func readValue(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard depth <= Self.depthLimit else {
      throw JSONSyntaxError(description: "values stand more than \(Self.depthLimit) deep")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try readObject(depth: depth)
    case UInt8(ascii: "["): return try readArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    default: return .number(try readNumber())
    }
  }

  private mutating func readObject(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("a key") }
      let key = try readString()
      guard take(":") else { throw failure("':'") }
      members.append(JSONValue.Member(key: key, value: try readValue(depth: depth + 1)))
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("',' or '}'") }
    }
  }

  private mutating func readArray(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    if take("]") { return .array(elements) }
    while true {
      elements.append(try readValue(depth: depth + 1))
      if take("]") { return .array(elements) }
      guard take(",") else { throw failure("',' or ']'") }
    }
  }

  private mutating func readWord(
    _ word: String, _ value: JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    guard octets[position...].starts(with: word.utf8) else { throw failure("a value") }
    position += word.utf8.count
    return value
  }

  private mutating func readNumber() throws(JSONSyntaxError) -> String {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let isZero = peek == UInt8(ascii: "0")
    let count = try readDigits()
    if isZero, count > 1 { throw failure("a number without leading zeros") }
    if peek == UInt8(ascii: ".") {
      position += 1
      try readDigits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      try readDigits()
    }
    return String(decoding: octets[start..<position], as: UTF8.self)
  }

  @discardableResult
  private mutating func readDigits() throws(JSONSyntaxError) -> Int {
    let start = position
    while let digit = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit { position += 1 }
    if position == start { throw failure("a value") }
    return position - start
  }

  private mutating func readString() throws(JSONSyntaxError) -> String {
    position += 1
    var text: [UInt8] = []
    while let octet = peek {
      position += 1
      switch octet {
      case UInt8(ascii: "\""):
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw JSONSyntaxError(description: "a string is not UTF-8")
        }
        return valid
      case UInt8(ascii: "\\"): text += try readEscape()
      case ..<0x20: throw JSONSyntaxError(description: "a string has a control character")
      default: text.append(octet)
      }
    }
    throw failure("the end of a string")
  }

  private mutating func readEscape() throws(JSONSyntaxError) -> [UInt8] {
    guard let octet = peek else { throw failure("the end of a string") }
    position += 1
    switch octet {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [octet]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try readScalar()
    default: throw failure("an escape that JSON has")
    }
  }

  /// Reads what follows `\u`, and the second half of a surrogate pair with it.
  private mutating func readScalar() throws(JSONSyntaxError) -> [UInt8] {
    var code = try readHexadecimal()
    if 0xd800..<0xdc00 ~= code, take("\\", skippingSpace: false), take("u", skippingSpace: false) {
      let low = try readHexadecimal()
      guard 0xdc00..<0xe000 ~= low else { throw failure("a low surrogate") }
      code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure("a surrogate pair") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func readHexadecimal() throws(JSONSyntaxError) -> UInt32 {
    let end = position + 4
    guard end <= octets.count,
      octets[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: octets[position..<end], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits") }
    position = end
    return code
  }

  private var peek: UInt8? { position < octets.count ? octets[position] : nil }

  private mutating func skipSpace() {
    while let octet = peek, [0x20, 0x09, 0x0a, 0x0d].contains(octet) { position += 1 }
  }

  /// Steps over one character if it comes next.
  private mutating func take(_ character: Unicode.Scalar, skippingSpace: Bool = true) -> Bool {
    if skippingSpace { skipSpace() }
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func failure(_ expected: String) -> JSONSyntaxError {
    JSONSyntaxError(description: "no JSON: at octet \(position), \(expected) was expected")
  }
}
