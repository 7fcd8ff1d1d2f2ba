import ArgumentParser
import ControlProtocol
import LinuxNet

@main
struct Ndpctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndpctl",
    abstract: "Looks at ndpproxy, the NDP proxy, and shows what it does.",
    version: Release.text(of: "ndpctl"),
    subcommands: [
      StatusCommand.self, SessionsCommand.self, RulesCommand.self, CountersCommand.self,
      WhyCommand.self, MonitorCommand.self, TopCommand.self, MetricsCommand.self,
      ConfigCommand.self, ReloadCommand.self, FlushCommand.self, LogCommand.self,
      DoctorCommand.self, InitCommand.self, ProbeCommand.self, DemoCommand.self,
    ],
    defaultSubcommand: StatusCommand.self)

  /// Runs what is not asynchronous on the first thread, while there is no other: a signal that is
  /// blocked there is blocked.
  @MainActor
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }

  /// Ends the program with the error's status, and what there is to say: that repeats what stands
  /// on the command line.
  private static func end(with error: any Error) -> Never {
    let (message, status) = (fullMessage(for: error), exitCode(for: error))
    let stream = status.isSuccess ? StandardStream.output : .error
    if !message.isEmpty { stream.write(message + "\n") }
    exit(withError: status)
  }
}
