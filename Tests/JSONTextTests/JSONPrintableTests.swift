import JSONDecoding
import JSONText
import PlainText
import Testing

/// JSON that a terminal may show.
struct JSONPrintableTests {
  /// Every scalar below U+3000, and some of each plane.
  static let scalars: [Unicode.Scalar] =
    (Array(0..<0x3000) + stride(from: 0x3000, to: 0x11_0000, by: 97)).compactMap {
      Unicode.Scalar($0 as UInt32)
    }

  @Test func `what is not printable is escaped, and read again`() throws {
    let texts = Self.scalars.map { "\($0)a\($0)" }
    let octets = JSONText.octets(of: texts)
    let written = try #require(String(validating: octets, as: UTF8.self))
    #expect(!written.unicodeScalars.contains { !$0.isPrintable })
    #expect(try JSONText.value([String].self, from: octets) == texts)
  }

  @Test func `escapes are those of JSON`() {
    let text = { String(decoding: JSONText.octets(of: $0 as [String]), as: UTF8.self) }
    #expect(text(["\u{9b}5m\u{202e}"]) == #"["\u009b5m\u202e"]"#)
    #expect(text(["\u{e0041}"]) == #"["\udb40\udc41"]"#)
    #expect(text(["\u{301}e\u{301}"]) == "[\"\\u0301e\u{301}\"]")
  }

  @Test func `a text of somebody else is the same text, printable`() throws {
    let raw = "{\"a\u{9b}\":[\"\u{202e}\u{85}ü\",\"\\u001b\",\"\u{301}\u{e0041}\"]}"
    let shown = JSONText.printable(raw.utf8)
    #expect(!shown.unicodeScalars.contains { !$0.isPrintable || $0.joins })
    let value = try JSONText.value([String: [String]].self, from: shown.utf8)
    #expect(value == (try JSONText.value([String: [String]].self, from: raw.utf8)))
  }
}
