import ArgumentParser
import LinuxNet
import NDPWire
import NetworkLab
import ProxyConfig

/// The subcommand `scan`: what others notice while one station asks for everything.
struct ScanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Scans a proxied prefix while another host solicits live targets.",
    discussion: """
      In network namespaces of its own, one host solicits random targets that no host has. \
      Meanwhile another host solicits a known target 20 times per second, and five times per \
      second a live target that is new. Fails if a rate limit for solicitations is exceeded.
      """)

  @Option(help: "Solicitations for dead targets per second, 1 through 20000.")
  var rate = 5000

  @Option(help: "How long, in seconds, 1 through 60.")
  var seconds = 15

  @Option(help: "The daemon to measure: a static release build, as 'make' makes it.")
  var daemon = ".build/static/release/ndpproxy"

  func validate() throws {
    guard 1...20_000 ~= rate, 1...60 ~= seconds else {
      throw ValidationError("--rate takes 1 through 20000, --seconds 1 through 60.")
    }
  }

  func run() async throws {
    print("machine: \(try Machine.summary)")
    print("command: ndpbench scan --rate \(rate) --seconds \(seconds), \(Machine.build) build\n")
    let freshCount = 5 * seconds
    let network = try await FoundingNetwork(routers: 2, members: 1)
    try await network.member.add(freshTargets: freshCount)
    let rule = "rule \(FoundingNetwork.insidePrefix) { iface zt0 }"
    let text = "proxy eth0 { \(rule) }\n"
    let report = try await network.gateway.withDaemon(
      try Bench.settledProgram(daemon), configuration: text
    ) { daemon in
      let before = try Machine.memory(of: daemon.process.processIdentifier)
      var scan = try await Scan(network, rate: rate, freshCount: freshCount)
      try await scan.run(for: .seconds(seconds))
      let after = try Machine.memory(of: daemon.process.processIdentifier)
      return scan.report(memoryBefore: before, memoryAfter: after)
    }
    for line in report.lines { print(line) }
    guard report.mostQuestionsPerSecond <= Self.limit else { throw ExitCode.failure }
  }

  /// The default of `max-solicitations`, which is what is measured.
  private static let limit = Configuration().limits.solicitationsPerSecond
}

extension Node {
  /// Gives this node more addresses inside the proxied prefix.
  fileprivate func add(freshTargets count: Int) async throws {
    let lines = (0..<count).map { "address add \(freshTarget($0))/128 dev zt0 nodad" }
    try await run("ip", "-6", "-batch", "-", input: lines.joined(separator: "\n") + "\n")
  }
}

/// A target that lives and is asked for once.
func freshTarget(_ number: Int) -> IPv6Address {
  IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | UInt128(0x1000 + number))
}
