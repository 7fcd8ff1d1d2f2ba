public import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
public import ProxyModel

/// The subcommand `status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how the daemon is.",
    discussion: """
      One line that says it all, then each interface: attached, or what it waits for, with its \
      rules; then limits that were reached, and the last warnings.
      """)

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.withClient { client in
      let status = try client.status()
      if control.json { return printJSON(.status(status)) }
      let text = StatusText(status: status)
      let screen = Screen()
      screen.headline(text.headline, isGood: text.isWell)
      screen.lines(text.details)
    }
  }
}

/// The subcommand `rules`.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Lists the rules in force, with what was counted of each.")

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.withClient { client in
      let rules = try client.rules()
      if control.json { return printJSON(.rules(RulePage(rules: rules, next: nil))) }
      var rest = rules[...]
      while let proxy = rest.first?.proxy {
        let own = rest.prefix { $0.proxy == proxy }
        Screen().lines([proxy])
        Screen().lines(RuleTable(rules: Array(own)).lines(indent: 2))
        rest = rest[own.endIndex...]
      }
    }
  }
}

/// The subcommand `sessions`.
struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "Lists the targets that are known or being asked for.",
    discussion: """
      The states are RFC 4861's: incomplete, reachable, probing, stale (too long ago to be \
      believed) and failed (silent).
      """)

  @OptionGroup var control: ControlOptions

  @Option(help: "Only targets in this state.")
  var state: TargetState?

  func run() throws {
    try control.withClient { client in
      let sessions = try client.sessions().filter { state == nil || $0.state == state?.rawValue }
        .sorted { $0.target.bits < $1.target.bits }
      if control.json { return printJSON(.sessions(SessionPage(sessions: sessions, next: nil))) }
      Screen().lines(SessionTable(sessions: sessions).lines)
    }
  }
}

extension TargetState: ExpressibleByArgument {}

/// Sessions, one a line.
struct SessionTable {
  let sessions: [SessionReport]

  var lines: [String] {
    let rows = sessions.map { session in
      [
        "\(session.target)", session.state,
        session.interfaces.isEmpty ? "-" : session.interfaces.joined(separator: " "),
        session.sinceAskedMilliseconds.map(duration) ?? "-",
        duration(session.remainingMilliseconds),
      ]
    }
    return Table(
      header: ["TARGET", "STATE", "ON", "ASKED", "LEFT"], rows: rows, rightAligned: [3, 4],
      flexible: 2
    ).lines()
  }
}

/// The subcommand `counters`.
struct CountersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counters",
    abstract: "Shows what was done since the start, and what was not and why.",
    discussion: "Numbers that are zero are left out, unless all are asked for.")

  @OptionGroup var control: ControlOptions

  @Flag(name: .shortAndLong, help: "Show zeros, too.")
  var all = false

  func run() throws {
    try control.withClient { client in
      let report = try client.counters()
      if control.json { return printJSON(.counters(report)) }
      Screen().lines(CounterTable(report: report, showsZeros: all).lines)
    }
  }
}

/// Counters by name, a column for each interface and one for all.
struct CounterTable {
  let report: CounterReport
  let showsZeros: Bool

  /// How many interfaces have a column; the others are in the total.
  private static let columns = 4

  var lines: [String] {
    let shown = report.interfaces.prefix(Self.columns)
    let sets = shown.map(\.counters) + [report.total]
    let global = [
      ("sessions evicted", report.sessionsEvicted), ("askers evicted", report.askersEvicted),
      ("not sent", report.unsent), ("not received", report.overrun),
    ].map { (name: $0.0, counts: shown.map { _ in nil as UInt64? } + [$0.1]) }
    let rows = (rows(of: sets) + global).filter { row in
      showsZeros || row.counts.contains { $0 ?? 0 > 0 }
    }
    let cells = rows.map { row in [row.name] + row.counts.map { $0.map(short) ?? "" } }
    return Table(
      header: [""] + shown.map(\.name) + ["total"], rows: cells,
      rightAligned: Set(1...sets.count)
    ).lines()
  }

  private func rows(of sets: [CounterSet]) -> [(name: String, counts: [UInt64?])] {
    var rows: [(name: String, counts: [UInt64?])] = [
      ("solicitations received", sets.map(\.solicitationsReceived)),
      ("advertisements received", sets.map(\.advertisementsReceived)),
      ("answered", sets.map(\.answered)), ("asked", sets.map(\.asked)),
    ]
    for entry in report.total.ignored.entries {
      rows.append(("ignored: \(entry.name)", sets.map { $0.ignored[entry.name] }))
    }
    for entry in report.total.malformed.entries {
      rows.append(("malformed: \(entry.name)", sets.map { $0.malformed[entry.name] }))
    }
    return rows
  }
}
