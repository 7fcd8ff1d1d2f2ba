import ControlProtocol
import Glibc
import NDPWire
import TestSupport
import Testing

/// What our encoder writes, as Python reads it, and what our reader takes.
struct JSONTests {
  private struct Sample: Codable, Equatable {
    var text = "quote \" backslash \\ slash / line\nfeed \u{1} ünïcödé 🛰 \u{7f}"
    var number = Int.min
    var big = UInt64.max
    var half = 0.5
    var small: Float = -1.25
    var octet: UInt8 = 255
    var yes = true
    var none: Int?
    var list = [[1, 2], [], [3]]
    var optionals: [Int?] = [1, nil]
    var nested = Nested()
    var choice = Choice.with(prefix: IPv6Prefix("2001:db8::/32")!, level: nil)
    var plain = Choice.without
    var address = IPv6Address("2001:db8::1")!
    var station = MACAddress("02:00:00:00:00:01")!

    struct Nested: Codable, Equatable {
      var empty: [String] = []
      var nothing = Nothing()
    }
    struct Nothing: Codable, Equatable {}
    enum Choice: Codable, Equatable {
      case with(prefix: IPv6Prefix, level: Int?)
      case without
    }
  }

  private func text<Value: Encodable>(_ value: Value) -> String {
    String(decoding: JSONText.octets(of: value), as: UTF8.self)
  }

  @Test func `what was written is read again`() throws {
    let sample = Sample()
    #expect(try JSONText.value(Sample.self, from: JSONText.octets(of: sample)) == sample)
  }

  @Test func `a text is one line, with nothing escaped but what must be`() {
    #expect(text(["a\n\"\\/\u{1f}é"]) == #"["a\u000a\"\\/\u001fé"]"#)
    #expect(text(Sample.Nested()) == #"{"empty":[],"nothing":{}}"#)
    #expect(text(Request(.status)) == #"{"version":1,"command":{"status":{}}}"#)
    #expect(text([1, nil, 3] as [Int?]) == "[1,null,3]")
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
      assert v['big'] == 2**64 - 1 and v['number'] == -2**63 and v['half'] == 0.5; \
      assert v['list'] == [[1, 2], [], [3]] and v['optionals'] == [1, None]; \
      assert v['choice'] == {'with': {'prefix': '2001:db8::/32'}}
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

/// Requests and replies as the manual has them.
struct MessageTests {
  static let commands: [(String, Command)] = [
    (#"{"status":{}}"#, .status),
    (#"{"sessions":{"from":0}}"#, .sessions(from: 0)),
    (#"{"configuration":{}}"#, .configuration(from: nil)),
    (#"{"configuration":{"from":64}}"#, .configuration(from: 64)),
    (#"{"interfaces":{"from":0}}"#, .interfaces(from: 0)),
    (#"{"why":{"target":"2001:db8::1"}}"#, .why(target: IPv6Address("2001:db8::1")!)),
    (
      #"{"flush":{"prefix":"2001:db8::/32"}}"#, .flush(prefix: IPv6Prefix("2001:db8::/32")!)
    ),
    (#"{"log":{"level":"debug"}}"#, .log(level: .debug)),
    (#"{"monitor":{"frames":false}}"#, .monitor(prefix: nil, interface: nil, frames: false)),
    (#"{"reload":{}}"#, .reload),
  ]

  @Test(arguments: commands)
  func `a command is one object`(text: String, command: Command) throws {
    let line = #"{"version":1,"command":\#(text)}"#
    #expect(String(decoding: JSONText.octets(of: Request(command)), as: UTF8.self) == line)
    #expect(try JSONText.value(Request.self, from: line.utf8) == Request(command))
  }

  @Test(arguments: [
    "{}", "{\"version\":1}", #"{"version":1,"command":{}}"#, #"{"version":1,"command":{"x":{}}}"#,
    #"{"version":1,"command":{"log":{"level":"loud"}}}"#,
    #"{"version":1,"command":{"why":{"target":"eth0"}}}"#,
    #"{"version":1,"command":{"flush":{"prefix":"2001:db8::/129"}}}"#,
  ])
  func `what is no command is refused`(line: String) {
    #expect(throws: DecodingError.self) { try JSONText.value(Request.self, from: line.utf8) }
  }

  @Test func `only what changes something is for root`() {
    let free: [Command] = [
      .status, .sessions(from: 0), .rules(from: 0), .counters, .configuration(from: nil),
      .interfaces(from: 0),
      .why(target: .unspecified), .monitor(prefix: nil, interface: nil, frames: true),
    ]
    let privileged: [Command] = [
      .reload, .flush(prefix: IPv6Prefix(.unspecified, length: 0)), .log(level: .info),
    ]
    #expect(free.filter(\.isPrivileged) == [])
    #expect(privileged.filter { !$0.isPrivileged } == [])
  }

  @Test func `replies come back as they were`() throws {
    var counters = CounterReport()
    counters.total.malformed = NamedCounts([
      (name: "checksum", count: 3), (name: "hopLimit", count: 0),
    ])
    var explanation = Explanation()
    explanation.proxies = [ProxyExplanation()]
    let replies: [Reply] = [
      .status(Status()), .counters(counters), .why(explanation), .message(WatchedMessage()),
      .sessions(SessionPage(sessions: [SessionReport()], next: 64)),
      .rules(RulePage(rules: [], next: nil)), .interfaces(InterfacePage(interfaces: [], next: 64)),
      .configuration(ConfigurationReport(path: "/f", text: "ttl 1", next: 7, generation: 8)),
      .missed(MissedReport(count: 3)),
      .error(RequestFailure(.forbidden, "no")), .log(LogReport(level: .info)),
    ]
    for reply in replies {
      #expect(try JSONText.value(Reply.self, from: JSONText.octets(of: reply)) == reply)
    }
    let line = #"{"version":2,"log":{"level":"info"}}"#
    #expect(throws: DecodingError.self) { try JSONText.value(Reply.self, from: line.utf8) }
  }
}
