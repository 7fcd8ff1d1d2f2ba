import Console
import PlainText
import Testing

/// Tables, wrapped text and colours.
struct ConsoleTests {
  private let table = Table(
    header: ["RULE", "METHOD", "N"],
    rows: [["2001:db8::/80", "iface zt0 zt1 zt2", "7"], ["::/0", "static", "12345"]],
    rightAligned: [2], flexible: 1)

  @Test func `without a width a table is as wide as it takes`() {
    #expect(
      table.lines(width: nil) == [
        "RULE           METHOD                 N", "2001:db8::/80  iface zt0 zt1 zt2      7",
        "::/0           static             12345",
      ])
  }

  @Test(arguments: [30, 34, 38, 60])
  func `in a width only the flexible column is cut`(width: Int) {
    let lines = table.lines(width: width)
    #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
    #expect(lines[1].hasPrefix("2001:db8::/80 ") && lines[1].hasSuffix(" 7"))
    #expect(lines[1].contains("…") == (width < 37), "\(lines)")
  }

  @Test func `a table that cannot be made narrow enough stays readable`() {
    #expect(table.lines(width: 5).map { $0.contains("2001:db8::/80") } == [false, true, false])
  }

  @Test func `cells command no terminal, and make no cell more`() {
    let table = Table(rows: [["a\tb\n\u{1b}[31m", "c"], ["x", "y"]])
    #expect(table.tabSeparatedLines == [#"a\x09b\x0a\x1b[31m"# + "\tc", "x\ty"])
    #expect(table.lines(width: nil).first == #"a\x09b\x0a\x1b[31m  c"#)
  }

  @Test func `what is wider than one octet a character stays aligned`() {
    let lines = Table(rows: [["für", "1"], ["fuer", "2"]]).lines(width: nil)
    #expect(lines == ["für   1", "fuer  2"])
  }

  @Test func `no word is broken, however long`() {
    let text = "one two 2001:db8:1111:2222:3333:4444:5555:6666 three"
    #expect(
      text.wrapped(after: 4, width: 20)
        == "one two\n    2001:db8:1111:2222:3333:4444:5555:6666\n    three")
    let labelled = LabelledLines([("rule", "a b"), ("", "c")])
    #expect(labelled.lines(indent: 6) == ["rule  a b", "      c"])
  }

  @Test func `colour is there only where it is wanted`() {
    #expect("x".rendered(.error, if: false) == "x")
    #expect("x".rendered(.error, if: true) == "\u{1b}[1;31mx\u{1b}[0m")
  }
}
