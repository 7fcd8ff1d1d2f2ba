import ArgumentParser

@main
struct Ndpbench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndpbench",
    abstract: "Measures the performance of ndpproxy.",
    subcommands: [
      AllCommand.self, ThroughputCommand.self, LatencyCommand.self, CostCommand.self,
      ScaleCommand.self, MicroCommand.self, RoutesCommand.self, InterfacesCommand.self,
      ClientsCommand.self, ForwardingCommand.self, GenerateCommand.self,
      ConfigurationCommand.self, ScanCommand.self, LoadCommand.self, StartCommand.self,
      ReferenceCommand.self, SpinCommand.self,
    ])
}
