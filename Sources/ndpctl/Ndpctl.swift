import ArgumentParser

@main
struct Ndpctl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndpctl",
    abstract: "Looks at ndpproxy, the NDP proxy, and shows what it does.",
    version: "ndpctl 0.1.0",
    subcommands: [
      StatusCommand.self, SessionsCommand.self, RulesCommand.self, CountersCommand.self,
      ConfigCommand.self, ReloadCommand.self, FlushCommand.self, LogCommand.self,
      DemoCommand.self,
    ],
    defaultSubcommand: StatusCommand.self)
}
