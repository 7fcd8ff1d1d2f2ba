import ArgumentParser

/// The subcommand `interfaces`: what thousands of interfaces behind one pattern cost.
struct InterfacesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interfaces",
    abstract: "Measures what thousands of interfaces behind one pattern cost.",
    discussion: """
      Processor time from exec to ready and for each change of an interface: an address that is \
      refreshed, a new veth pair, a link set down or up. Then 450 unknown targets per second \
      are solicited, more than 'max-solicitations' allows, and a router solicits a target on \
      the last interface three times, at intervals of one second. The number of runs is limited \
      to what fits into two minutes.
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "How many interfaces, 1 through 10000.")
  var interfaces = 2_000

  func validate() throws {
    guard 1...10_000 ~= interfaces else {
      throw ValidationError("--interfaces takes 1 through 10000.")
    }
  }

  func run() async throws {
    try await options.session(
      "interfaces", arguments: ["--interfaces", "\(interfaces)"]
    ) { bench, report in
      try await ManyInterfaces(count: interfaces, runs: options.runs)
        .measure(bench, into: &report)
    }
  }
}
