import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import NDPWire
import PlainText

/// The subcommand `config`.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Prints the configuration in force, all defaults written out.",
    discussion: "What is printed is a configuration file of the same meaning.")

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.withClient { client in
      let report = try client.configuration()
      if control.json { return printJSON(.configuration(report)) }
      let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false)
      let text = lines.dropLast().map { String($0).printable + "\n" }.joined()
      StandardStream.output.write("# \(report.path.printable)\n\(text)")
    }
  }
}

/// The subcommand `reload`.
struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Has the daemon read its configuration again, and waits until it is in force.",
    discussion: """
      Errors are shown, the old configuration stays in force then, and the exit status is 1. For \
      root.
      """)

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.withClient { client in
      guard case .reload(let report) = try client.ask(.reload) else { throw client.unexpected }
      if control.json {
        printJSON(.reload(report))
      } else {
        for problem in report.problems {
          StandardStream.error.write("\(problem.severity): \(problem.text)".printable + "\n")
        }
        let outcome = report.isInForce ? "reloaded" : "not reloaded"
        let stream = report.isInForce ? StandardStream.output : .error
        stream.write("\(outcome): \(report.summary)".printable + "\n")
      }
      if !report.isInForce { throw ExitCode.failure }
    }
  }
}

/// The subcommand `flush`.
struct FlushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flush",
    abstract: "Forgets what is known of a target, or of all in a prefix.",
    discussion: "The next question has it asked for anew. For root.")

  @OptionGroup var control: ControlOptions

  @Argument(help: "An address, or ADDRESS/LENGTH.")
  var target: String

  func run() throws {
    guard let prefix = IPv6Prefix(target) ?? IPv6Address(target).map({ .init($0, length: 128) })
    else { throw ValidationError("'\(target)' is neither an IPv6 address nor a prefix.") }
    try control.withClient { client in
      guard case .flush(let report) = try client.ask(.flush(prefix: prefix)) else {
        throw client.unexpected
      }
      if control.json { return printJSON(.flush(report)) }
      Screen().lines(["forgot \(counted(report.forgotten, "target"))"])
    }
  }
}

extension LogLevel: ExpressibleByArgument {}

/// The subcommand `log`.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Has the daemon log more or less from now on.",
    discussion: """
      notice: start, end and what is wrong; info: also what becomes of interfaces; debug: also \
      every message. For root.
      """)

  @OptionGroup var control: ControlOptions

  @Argument(help: "notice, info or debug.")
  var level: LogLevel

  func run() throws {
    try control.withClient { client in
      guard case .log(let report) = try client.ask(.log(level: level)) else {
        throw client.unexpected
      }
      if control.json { return printJSON(.log(report)) }
      Screen().lines(["logging \(report.level.rawValue)"])
    }
  }
}
