import ArgumentParser
import Console
import ControlProtocol
import LinuxNet

/// The subcommand `status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the status of the daemon.",
    usage: "ndpctl status [OPTION...]",
    discussion: """
      The first line is a summary. Below it are the configuration file, each interface with its \
      rules and what it waits for, the kernel path, conditions, limits that were reached, and the \
      last warnings.
      """)

  @OptionGroup var control: ControlOptions

  func run() throws {
    try control.withClient { client in
      let status = try client.status()
      if control.json { return control.printJSON(.status(status)) }
      let text = StatusText(status: status)
      let screen = Screen()
      screen.headline(text.headline, isGood: text.isWell)
      screen.lines(text.details)
    }
  }
}
