import ArgumentParser
import Console
import ControlProtocol
import Inspection
import JSONText
import LinuxNet
import PlainText
import ProxyConfig

/// The subcommand `reload`.
struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Reload the configuration file, and wait until it is in force.",
    usage: "ndpctl reload [OPTION...]",
    discussion: """
      If the file has errors they are shown, the old configuration stays in force, and the exit \
      status is 1. With --check nothing is changed. Requires root.
      """)

  @OptionGroup var control: ControlOptions

  @Flag(help: "Only show what a reload would change: rules, interfaces, options and sessions.")
  var check = false

  func run() throws {
    try control.withClient { client in
      if check { return try showPreview(client) }
      guard case .reload(let report) = try client.ask(.reload) else { throw client.unexpected }
      if control.json {
        control.printJSON(.reload(report))
      } else {
        show(report.problems)
        let outcome = report.isInForce ? "reloaded" : "not reloaded"
        let stream = report.isInForce ? StandardStream.output : .error
        stream.write("\(outcome): \(report.summary)".printable + "\n")
      }
      if !report.isInForce { throw ExitCode.failure }
    }
  }

  private func show(_ problems: [ReloadReport.Problem]) {
    for problem in problems {
      StandardStream.error.write("\(problem.severity): \(problem.text)".printable + "\n")
    }
  }

  private func showPreview(_ client: Client) throws {
    guard case .check(let report) = try client.ask(.check) else { throw client.unexpected }
    let change = report.isAcceptable ? try client.pendingChange() : nil
    if control.json {
      control.output.printJSON(document: ReloadPreview(check: report, change: change))
    } else {
      show(report.problems)
      guard let change else {
        StandardStream.error.write(report.summary.printable + "\n")
        throw ExitCode.failure
      }
      Screen().lines(PreviewText(report: report, change: change).lines)
    }
    if !report.isAcceptable { throw ExitCode.failure }
  }
}

/// What `reload --check --json` prints.
struct ReloadPreview: JSONWritable {
  var version = ControlSocket.version
  /// What the daemon says.
  let check: CheckReport
  /// What would change; left out where the file would be refused.
  let change: ConfigurationChange?

  /// Writes an object; what has no value is left out.
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("version", version)
      $0.member("check", check)
      $0.member("change", change)
    }
  }
}

/// The same for people.
struct PreviewText {
  let report: CheckReport
  let change: ConfigurationChange

  var lines: [String] {
    guard !change.isEmpty || report.sessionsLost > 0 || !report.restarts.isEmpty else {
      return ["a reload would change nothing"]
    }
    var lines: [String] = []
    lines += change.interfacesAdded.map { "+ interface \($0)" }
    lines += change.interfacesRemoved.map { "- interface \($0)" }
    lines += change.rulesAdded.map { "+ rule \($0.prefix) on \($0.proxy): \($0.text)" }
    lines += change.rulesRemoved.map { "- rule \($0.prefix) on \($0.proxy): \($0.text)" }
    lines += change.rulesChanged.map {
      "~ rule \($0.prefix) on \($0.proxy): \($0.before) -> \($0.after)"
    }
    lines += change.optionsChanged.map { "~ \($0)" }
    lines += report.restarts.map { "! \($0)" }
    let lost =
      report.sessionsLost == 0
      ? "no session would be lost"
      : "\(report.sessionsLost) of \(counted(report.sessionCount, "session")) would be lost"
    return lines + [lost]
  }
}

/// The subcommand `config`.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Print the configuration in force, with all defaults.",
    usage: "ndpctl config [OPTION...]",
    discussion: """
      The output is a configuration file of the same meaning. With --diff, the exit status is 0 if \
      the file means the same as the configuration in force, and 1 if it does not.
      """)

  @OptionGroup var control: ControlOptions

  @Flag(help: "Show how the configuration file differs from the configuration in force.")
  var diff = false

  func validate() throws {
    if diff, control.json {
      throw ValidationError("--diff prints text; 'ndpctl reload --check --json' prints JSON.")
    }
  }

  func run() throws {
    try control.withClient { client in
      let report = try client.configuration()
      if diff { return try showDifference(report) }
      if control.json { return control.printJSON(.configuration(report)) }
      StandardStream.output.write("# \(report.path.printable)\n\(printable(report.text))")
    }
  }

  private func printable(_ text: String) -> String {
    lines(of: text).map { $0.printable + "\n" }.joined()
  }

  private func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  private func showDifference(_ report: ConfigurationReport) throws {
    let file = try readConfiguration(report.path)
    let hunks = LineDifference(from: lines(of: report.text), to: lines(of: "\(file)")).unified
    guard !hunks.isEmpty else { return }
    let isColored = StandardStream.output.wantsColor
    let shown = ["--- in force", "+++ \(report.path.printable)"] + hunks.map(\.printable)
    let text = shown.map { line in
      switch line.first {
      case "+": line.rendered(.good, if: isColored)
      case "-": line.rendered(.error, if: isColored)
      case "@": line.rendered(.note, if: isColored)
      default: line
      }
    }
    StandardStream.output.write(colored: text.joined(separator: "\n") + "\n")
    throw ExitCode.failure
  }
}

/// Reads the configuration file of the daemon as it is now; throws `ClientFailure`.
private func readConfiguration(_ path: String) throws(ClientFailure) -> Configuration {
  let file: ConfigurationFile
  do {
    file = try ConfigurationFile(path: path, isRegular: true)
  } catch {
    throw ClientFailure(.failure, "cannot read the configuration file: \(error)")
  }
  guard let configuration = file.configuration else {
    file.showReport(withNotes: false)
    throw ClientFailure(.failure, "\(path) has errors")
  }
  return configuration
}

extension Client {
  /// What the configuration file would change, if it were loaded now.
  fileprivate func pendingChange() throws(ClientFailure) -> ConfigurationChange {
    let report = try configuration()
    let old = ConfigurationParser.parse(Array(report.text.utf8), fileName: "in force")
    guard let old = old.configuration else {
      throw ClientFailure(
        .failure, "the configuration in force cannot be read; restart ndpproxy after an upgrade")
    }
    return ConfigurationChange(from: old, to: try readConfiguration(report.path))
  }
}
