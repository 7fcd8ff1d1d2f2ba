public import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import NDPWire
public import ProxyModel

/// The subcommand `rules`.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "List the rules in force, with their counters.",
    usage: "ndpctl rules [OPTION...] [PREFIX]",
    discussion: "Rules that are disabled are listed, too.")

  @OptionGroup var control: ControlOptions
  @OptionGroup var list: ListOptions

  @Argument(
    help: ArgumentHelp(
      "Only rules that cover this address, or overlap this prefix.", valueName: "prefix"))
  var targets: TargetPrefix?

  func run() throws {
    try list.validateForm(control)
    try control.withClient { client in
      let names = list.interfaceNames
      let rules = try client.rules().filter { rule in
        (targets.map { $0.prefix.overlaps(rule.prefix) } ?? true)
          && (names.map { rule.concerns($0) } ?? true)
      }
      if control.json {
        return control.printJSON(.rules(RulePage(rules: rules, next: nil)))
      }
      let table = RuleTable(rules: rules)
      if list.isTabSeparated { return Screen().tabSeparated(table.tabSeparated) }
      Screen().lines(table.linesByProxy)
    }
  }
}

/// The subcommand `sessions`.
struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "List the targets that are known or being solicited.",
    usage: "ndpctl sessions [OPTION...] [PREFIX]",
    discussion: """
      The states are those of RFC 4861: incomplete, reachable, probing, stale (confirmed too long \
      ago) and failed (no reply). Targets of static rules have no session.
      """)

  @OptionGroup var control: ControlOptions
  @OptionGroup var list: ListOptions

  @Option(help: "Only targets in this state.")
  var state: TargetState?

  @Argument(
    help: ArgumentHelp("Only this target, or those in this prefix.", valueName: "prefix"))
  var targets: TargetPrefix?

  func run() throws {
    try list.validateForm(control)
    try control.withClient { client in
      let names = list.interfaceNames
      let sessions = try client.sessions().filter { session in
        (state == nil || session.state == state?.rawValue)
          && (targets.map { $0.prefix.contains(session.target) } ?? true)
          && (names.map { session.concerns($0) } ?? true)
      }.sorted { $0.target.bits < $1.target.bits }
      if control.json {
        return control.printJSON(.sessions(SessionPage(sessions: sessions, next: nil)))
      }
      let table = SessionTable(sessions: sessions)
      if list.isTabSeparated { return Screen().tabSeparated(table.tabSeparated) }
      Screen().lines(table.lines + ["", table.total])
    }
  }
}

extension TargetState: ExpressibleByArgument {}

/// The subcommand `counters`.
struct CountersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counters",
    abstract: "Show what was received, sent and ignored since the start.",
    usage: "ndpctl counters [OPTION...]",
    discussion: "Counters that are zero are left out unless -a is given.")

  @OptionGroup var control: ControlOptions
  @OptionGroup var list: ListOptions

  @Flag(name: .shortAndLong, help: "Also show counters that are zero.")
  var all = false

  func run() throws {
    try list.validateForm(control)
    try control.withClient { client in
      var report = try client.counters()
      if let names = list.interfaceNames {
        report.interfaces = report.interfaces.filter { names.contains($0.name) }
      }
      if control.json { return control.printJSON(.counters(report)) }
      let table = CounterTable(
        report: report, showsZeros: all, showsTotal: list.interface == nil)
      if list.isTabSeparated { return Screen().tabSeparated(table.tabSeparated) }
      Screen().lines(table.lines)
    }
  }
}
