import ArgumentParser

@main
struct Ndpbench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndpbench",
    abstract: "Measures what ndpproxy costs.",
    subcommands: [ConfigurationCommand.self, ScanCommand.self, LoadCommand.self])
}
