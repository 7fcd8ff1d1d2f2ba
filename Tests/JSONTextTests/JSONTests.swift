import Glibc
import JSONDecoding
import JSONText
import TestSupport
import Testing

/// What our encoder writes, as Python reads it, and what our reader takes.
struct JSONTests {
  private struct Sample: JSONWritable, Decodable, Equatable {
    var text = "quote \" backslash \\ slash / line\nfeed \u{1} ünïcödé 🛰 \u{7f}"
    var number = Int.min
    var big = UInt64.max
    var process: Int32 = -7
    var yes = true
    var none: Int?
    var list = [[1, 2], [], [3]]
    var nested = Nested()
    var choice = Choice.second

    func write(to json: inout JSONWriter) {
      json.object {
        $0.member("text", text)
        $0.member("number", number)
        $0.member("big", big)
        $0.member("process", process)
        $0.member("yes", yes)
        $0.member("none", none)
        $0.member("list", list)
        $0.member("nested", nested)
        $0.member("choice", choice)
      }
    }

    struct Nested: JSONWritable, Decodable, Equatable {
      var empty: [String] = []
      var nothing = Nothing()
      var no = false

      func write(to json: inout JSONWriter) {
        json.object {
          $0.member("empty", empty)
          $0.member("nothing") { _ in }
          $0.member("no", no)
        }
      }
    }
    struct Nothing: Decodable, Equatable {}
    enum Choice: String, JSONWritable, Decodable {
      case first, second
    }
  }

  private func text(_ value: some JSONWritable) -> String {
    String(decoding: JSONText.octets(of: value), as: UTF8.self)
  }

  @Test func `what was written is read again`() throws {
    let sample = Sample()
    #expect(try JSONText.value(Sample.self, from: JSONText.octets(of: sample)) == sample)
  }

  @Test func `a text is one line, with nothing escaped but what must be`() {
    #expect(text(["a\n\"\\/\u{1f}é"]) == #"["a\u000a\"\\/\u001fé"]"#)
    #expect(text(Sample.Nested()) == #"{"empty":[],"nothing":{},"no":false}"#)
    #expect(text([Sample.Choice.first, .second]) == #"["first","second"]"#)
    #expect(text([[], [1], [2, 3]]) == "[[],[1],[2,3]]")
    #expect(text(UInt64.max) == "18446744073709551615")
  }

  @Test func `Python reads what was written`() throws {
    let path = "/tmp/ndpproxy-json-\(UInt64.random(in: 0 ... .max))"
    let file = try #require(fopen(path, "w"))
    let octets = JSONText.octets(of: Sample())
    fwrite(octets, 1, octets.count, file)
    fclose(file)
    defer { unlink(path) }
    #expect(system("python3 -m json.tool '\(path)' >/dev/null") == 0)
    // The same values, not only the same syntax.
    let check = """
      import json; v = json.load(open('\(path)')); \
      assert v['text'] == 'quote " backslash \\\\ slash / line\\nfeed \\x01 ünïcödé 🛰 \\x7f'; \
      assert v['big'] == 2**64 - 1 and v['number'] == -2**63 and v['process'] == -7; \
      assert v['list'] == [[1, 2], [], [3]] and v['yes'] is True and 'none' not in v; \
      assert v['nested'] == {'empty': [], 'nothing': {}, 'no': False}; \
      assert v['choice'] == 'second'
      """
    let script = try #require(fopen(path + ".py", "w"))
    fputs(check, script)
    fclose(script)
    defer { unlink(path + ".py") }
    #expect(system("python3 '\(path).py'") == 0)
  }

  static let texts: [(String, String, [String]?)] = [
    ("spaces", " [ \"a\" ,\t\"b\" ]\r\n", ["a", "b"]),
    ("escapes", #"["\"\\\/\b\f\n\r\tA"]"#, ["\"\\/\u{8}\u{c}\n\r\tA"]),
    ("a surrogate pair", #"["\ud83d\udef0"]"#, ["🛰"]),
    ("half a pair", #"["\ud83d"]"#, nil),
    ("the other half", #"["\udef0"]"#, nil),
    ("an unknown escape", #"["\x"]"#, nil),
    ("a short escape", #"["\u12"]"#, nil),
    ("a bare control character", "[\"\u{1}\"]", nil),
    ("no end of a string", "[\"a", nil),
    ("no end of an array", "[\"a\"", nil),
    ("a trailing comma", "[\"a\",]", nil),
    ("more behind it", "[] []", nil),
    ("nothing", "", nil),
    ("a word", "[nul]", nil),
    ("another type", "[1]", nil),
    ("an object", "{\"a\":\"b\"}", nil),
    ("a key without quotes", "{a:1}", nil),
    ("no value", "{\"a\"}", nil),
  ]

  @Test(arguments: texts)
  func `texts are read or refused`(name: String, text: String, expected: [String]?) {
    #expect((try? JSONText.value([String].self, from: text.utf8)) == expected, "\(name)")
  }

  static let numbers: [(String, Int?)] = [
    ("0", 0), ("-0", 0), ("12", 12), ("-7", -7), ("9223372036854775807", .max),
    ("9223372036854775808", nil), ("01", nil), ("1.", nil), (".5", nil), ("1e", nil), ("-", nil),
    ("+1", nil), ("1.5", nil), ("0x10", nil), ("1_000", nil), ("\"1\"", nil), ("true", nil),
  ]

  @Test(arguments: numbers)
  func `numbers are read or refused`(text: String, expected: Int?) {
    #expect((try? JSONText.value(Int.self, from: text.utf8)) == expected, "\(text)")
  }

  @Test func `what is not UTF-8 is refused`() {
    #expect(throws: JSONSyntaxError.self) {
      try JSONText.value(String.self, from: [0x22, 0xff, 0x22])
    }
  }

  @Test func `depth has a limit`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONText.value(Bool.self, from: deep.utf8) }
    let nested = String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
    #expect(throws: DecodingError.self) { try JSONText.value(Bool.self, from: nested.utf8) }
  }

  @Test func `no octets trap`() {
    // Other octets in each run; a trap ends the run, so that the seed has to be known before.
    let seed = UInt64.random(in: 0 ... .max)
    print("no octets trap: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let sample = JSONText.octets(of: Sample())
    for _ in 0..<2000 {
      var octets = sample
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        octets[Int.random(in: 0..<octets.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      octets.removeLast(Int.random(in: 0..<octets.count, using: &generator))
      _ = try? JSONText.value(Sample.self, from: octets)
    }
  }
}
