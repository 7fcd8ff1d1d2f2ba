import ArgumentParser
import ControlProtocol
import LinuxNet
import PlainText

@main
struct Ndpctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndpctl",
    abstract: "Query and control ndpproxy, the NDP proxy daemon.",
    discussion: """
      Without a command, ndpctl shows the status of the daemon. Commands may be abbreviated while \
      they stay unique.
      """,
    version: Release.text(of: "ndpctl"),
    subcommands: [
      StatusCommand.self, SessionsCommand.self, RulesCommand.self, CountersCommand.self,
      WhyCommand.self, MonitorCommand.self, TopCommand.self, MetricsCommand.self,
      ConfigCommand.self, ReloadCommand.self, RuleCommand.self, GateCommand.self, FlushCommand.self,
      LogCommand.self, DoctorCommand.self, InitCommand.self, ProbeCommand.self, DemoCommand.self,
    ],
    defaultSubcommand: StatusCommand.self)

  /// Runs what is not asynchronous on the first thread, while there is no other: a signal that is
  /// blocked there is blocked.
  @MainActor
  static func main() async {
    var words = CommandWords(CommandLine.arguments.dropFirst())
    do {
      try words.resolve(among: Self.self)
      var command = try parseAsRoot(words.arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      throw ExitCode.success
    } catch {
      end(with: error, of: words.command)
    }
  }

  /// Ends the program with the error's status, and what there is to say: that repeats what stands
  /// on the command line.
  ///
  /// Output that could not be written is an error, whatever else there was.
  private static func end(with error: any Error, of command: String) -> Never {
    let status = error is CommandWords.Unknown ? ExitCode.validationFailure : exitCode(for: error)
    if let complaint = complaint(about: error, of: command) {
      StandardStream.error.write(complaint)
    } else if !(error is ExitCode) {
      StandardStream.output.write(fullMessage(for: error) + "\n")
    }
    guard let failure = StandardStream.outputFailure else { exit(withError: status) }
    StandardStream.error.write("ndpctl: cannot write to standard output: \(failure)\n")
    exit(withError: ExitCode(lostOutput))
  }

  /// EX_IOERR of sysexits(3), as ndpproxy has it.
  private static let lostOutput: Int32 = 74

  /// What is wrong, in one line and one more about where to read on; `nil` where nothing is, or
  /// where it has been said.
  private static func complaint(about error: any Error, of command: String) -> String? {
    let status = exitCode(for: error)
    guard !(error is ExitCode), !status.isSuccess else { return nil }
    if let unknown = error as? CommandWords.Unknown { return "ndpctl: \(unknown)\n" }
    let text = message(for: error)
    let name = command.isEmpty ? "ndpctl" : "ndpctl \(command)"
    guard status == .validationFailure else { return "\(name): \(text)\n" }
    let help = command.isEmpty ? "ndpctl help" : "ndpctl help \(command)"
    return "\(name): \(text)\nTry '\(help)'.\n"
  }
}
