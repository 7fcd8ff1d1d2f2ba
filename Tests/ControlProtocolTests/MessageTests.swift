import ControlProtocol
import JSONDecoding
import JSONText
import NDPWire
import TestSupport
import Testing

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
    (#"{"recent":{"limit":24}}"#, .recent(limit: 24)),
    (#"{"check":{}}"#, .check),
    (#"{"rules":{"from":64}}"#, .rules(from: 64)),
    (#"{"counters":{}}"#, .counters),
    (#"{"gate":{"name":"primary","isOn":true}}"#, .gate(name: "primary", isOn: true)),
    (
      #"{"monitor":{"prefix":"2001:db8::/64","interface":"eth0","frames":true}}"#,
      .monitor(prefix: IPv6Prefix("2001:db8::/64")!, interface: "eth0", frames: true)
    ),
    (
      #"{"rule":{"prefix":"2001:db8::/32","enabled":false}}"#,
      .rule(prefix: IPv6Prefix("2001:db8::/32")!, proxy: nil, enabled: false)
    ),
    (
      #"{"rule":{"prefix":"2001:db8::/32","proxy":"eth0","enabled":true}}"#,
      .rule(prefix: IPv6Prefix("2001:db8::/32")!, proxy: "eth0", enabled: true)
    ),
  ]

  @Test(arguments: commands)
  func `a command is one object`(text: String, command: Command) throws {
    let line = #"{"version":1,"command":\#(text)}"#
    #expect(String(decoding: JSONText.octets(of: Request(command)), as: UTF8.self) == line)
    #expect(try Request(reading: line.utf8) == Request(command))
  }

  @Test(arguments: [
    "{}", "{\"version\":1}", #"{"version":1,"command":{}}"#, #"{"version":1,"command":{"x":{}}}"#,
    #"{"version":1,"command":{"log":{"level":"loud"}}}"#,
    #"{"version":1,"command":{"why":{"target":"eth0"}}}"#,
    #"{"version":2,"command":{"status":{}}}"#, #"{"version":"1","command":{"status":{}}}"#,
    #"{"command":{"status":{}}}"#, "[]", "{\"version\":1,\"command\":{\"status\":{}}",
    #"{"version":1,"command":{"status":{},"counters":{}}}"#,
    #"{"version":1,"command":{"rules":{"from":1.5}}}"#, #"{"version":1,"command":{"rules":3}}"#,
    #"{"version":1,"command":{"monitor":{"interface":3,"frames":true}}}"#,
    #"{"version":1,"command":{"monitor":{}}}"#,
    #"{"version":1,"command":{"recent":{}}}"#,
    #"{"version":1,"command":{"rule":{"prefix":"2001:db8::/32"}}}"#,
    #"{"version":1,"command":{"rule":{"enabled":true}}}"#,
    #"{"version":1,"command":{"flush":{"prefix":"2001:db8::/129"}}}"#,
  ])
  func `what is no command is refused`(line: String) {
    #expect(throws: RequestFailure.self) { try Request(reading: line.utf8) }
  }

  static let roundabout: [(String, Command)] = [
    (#"{"status":{"from":1},"fly":3}"#, .status),
    (#"{"configuration":{"from":null}}"#, .configuration(from: nil)),
    (#"{"sessions":{"more":[],"from":-1,"from":"x"}}"#, .sessions(from: -1)),
    (
      #"{"monitor":{"prefix":"2001:DB8::1/64","interface":"\u0061","frames":true}}"#,
      .monitor(prefix: IPv6Prefix("2001:db8::/64")!, interface: "a", frames: true)
    ),
  ]

  @Test(arguments: roundabout)
  func `what else a line holds is left out`(text: String, command: Command) throws {
    let line = #" {"more":{},"command":\#(text),"version":1,"version":2} "#
    #expect(try Request(reading: line.utf8) == Request(command))
  }

  @Test func `no octets of a request trap`() {
    // Other octets in each run; a trap ends the run, so that the seed has to be known before.
    let seed = UInt64.random(in: 0 ... .max)
    print("no octets of a request trap: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for (text, _) in Self.commands + Self.roundabout {
      for _ in 0..<200 {
        var octets = Array(#"{"version":1,"command":\#(text)}"#.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          octets[Int.random(in: 0..<octets.count, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        _ = try? Request(reading: octets)
      }
    }
  }

  @Test func `addresses are written as everybody writes them`() throws {
    let address = IPv6Address("2001:db8::1")!
    let station = MACAddress("02:00:00:00:00:01")!
    let prefix = IPv6Prefix("2001:db8::/32")!
    #expect(JSONText.octets(of: [address]) == Array(#"["2001:db8::1"]"#.utf8))
    #expect(JSONText.octets(of: [station]) == Array(#"["02:00:00:00:00:01"]"#.utf8))
    #expect(JSONText.octets(of: [prefix]) == Array(#"["2001:db8::/32"]"#.utf8))
    #expect(
      try JSONText.value([IPv6Address].self, from: JSONText.octets(of: [address])) == [address])
    #expect(
      try JSONText.value([MACAddress].self, from: JSONText.octets(of: [station])) == [station])
    #expect(try JSONText.value([IPv6Prefix].self, from: JSONText.octets(of: [prefix])) == [prefix])
  }

  @Test func `only what changes something is for root`() {
    let free: [Command] = [
      .status, .sessions(from: 0), .rules(from: 0), .counters, .configuration(from: nil),
      .interfaces(from: 0),
      .why(target: .unspecified), .monitor(prefix: nil, interface: nil, frames: true),
      .recent(limit: 1),
    ]
    let privileged: [Command] = [
      .reload, .flush(prefix: IPv6Prefix(.unspecified, length: 0)), .log(level: .info), .check,
      .rule(prefix: IPv6Prefix(.unspecified, length: 0), proxy: nil, enabled: true),
      .gate(name: "primary", isOn: true),
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
      .check(CheckReport(isAcceptable: true, summary: "x", problems: [], sessionsLost: 3)),
      .rule(
        RuleSwitchReport(
          prefix: IPv6Prefix(.unspecified, length: 0), proxies: ["a"], isEnabled: true,
          isChanged: false)),
    ]
    for reply in replies {
      #expect(try JSONText.value(Reply.self, from: JSONText.octets(of: reply)) == reply)
      let timed = JSONText.octets(of: TimedReply(reply, at: 1_700_000_000_123))
      #expect(
        String(decoding: timed, as: UTF8.self).hasPrefix(
          #"{"version":1,"timeMilliseconds":1700000000123,""#))
      #expect(try JSONText.value(Reply.self, from: timed) == reply)
    }
    let line = #"{"version":2,"log":{"level":"info"}}"#
    #expect(throws: DecodingError.self) { try JSONText.value(Reply.self, from: line.utf8) }
  }
}
