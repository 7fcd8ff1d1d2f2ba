import ArgumentParser

/// The subcommand `routes`: what a large routing table costs an `auto` rule.
struct RoutesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes",
    abstract: "Measures what a large routing table costs an 'auto' rule.",
    discussion: """
      Time from exec to the first answer, and after that processor time while 100 routes per \
      second are added and removed. All the time, one target is solicited ten times per second. \
      ndppd gets no solicitation for its first 0.3 s, because an early one ends it. It reads \
      /proc/net/ipv6_route, where the kernel starts at the first route again every 4 KiB: this \
      takes three minutes for 224,000 routes, and then it is time to read them again. So its \
      result is that it has not answered for 400 s.
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "How many routes, 1 through 1000000.")
  var routes = 224_000

  @Option(help: "How long, in seconds, 1 through 600.")
  var seconds = 60

  func validate() throws {
    guard 1...1_000_000 ~= routes, 1...600 ~= seconds else {
      throw ValidationError("--routes takes 1 through 1000000, --seconds 1 through 600.")
    }
  }

  func run() async throws {
    try await options.session(
      "routes", arguments: ["--routes", "\(routes)", "--seconds", "\(seconds)"]
    ) { bench, report in
      try await Routes(count: routes, duration: .seconds(seconds)).measure(bench, into: &report)
    }
  }
}
