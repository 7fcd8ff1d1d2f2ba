import PlainText
import Testing

struct PrintableTests {
  /// Every control character, and what else shows as something that it is not.
  static let harmful: [Unicode.Scalar] =
    (Array(0..<0x20) + Array(0x7f..<0xa0)
    + [0xad, 0x61c, 0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff, 0xe0041]
    + Array(0x202a...0x202e) + Array(0x2066...0x2069)).map { Unicode.Scalar($0 as UInt32)! }

  @Test(arguments: harmful)
  func `what commands a terminal is shown as its octets`(scalar: Unicode.Scalar) {
    let octets = String(scalar).utf8.map { octet in
      "\\x" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }.joined()
    #expect("a\(scalar)b".printable == "a\(octets)b")
    #expect("\(scalar)".printable == octets)
    let isLayout = scalar == "\n" || scalar == "\t"
    #expect("a\(scalar)b".printable(keeping: .lines) == (isLayout ? "a\(scalar)b" : "a\(octets)b"))
  }

  static let harmless = ["", "zt0", "eth0.5", "Zürich", "日本", "e\u{301}", "✘ ✔ – …", "a\\b'\"`$"]

  @Test(arguments: harmless)
  func `all else stays as it is`(text: String) {
    #expect(text.printable == text)
    #expect(text.printable(keeping: [.lines, .colors]) == text)
  }

  @Test func `a mark at the beginning cannot join what stands before`() {
    #expect("\u{301}x".printable == "\\xcc\\x81x")
    #expect("'" + "\u{301};".printable + "'" == "'\\xcc\\x81;'")
    #expect("a\n\u{301}".printable(keeping: .lines) == "a\n\\xcc\\x81")
    // Nor what was made of the character before.
    #expect("\u{1b}\u{301}".printable == "\\x1b\\xcc\\x81")
  }

  static let pages: [(String, String)] = [
    ("\u{1b}[1;31m✘\u{1b}[0m x", "\u{1b}[1;31m✘\u{1b}[0m x"),
    ("\u{1b}[m", "\u{1b}[m"),
    ("\u{1b}[2J", "\\x1b[2J"),
    ("\u{1b}[31", "\\x1b[31"),
    ("\u{1b}]0;owned\u{7}", "\\x1b]0;owned\\x07"),
    ("\u{1b}[?25l", "\\x1b[?25l"),
    ("\u{1b}", "\\x1b"),
    ("\u{9b}31m", "\\xc2\\x9b31m"),
  ]

  @Test(arguments: pages)
  func `of our own sequences, colours remain`(page: String, shown: String) {
    #expect(page.printable(keeping: .colors) == shown)
    #expect(!page.printable.unicodeScalars.contains { !$0.isPrintable })
  }

  @Test func `what was made printable stays so`() {
    for scalar in Self.harmful {
      let once = "\(scalar)a\(scalar)".printable
      #expect(once.printable == once)
      #expect(once.utf8.allSatisfy { 0x20...0x7e ~= $0 })
    }
  }
}
