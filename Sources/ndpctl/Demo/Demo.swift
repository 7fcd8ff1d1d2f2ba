import Console
import NetworkLab

/// What the demonstration could not show.
struct DemoFailure: Error, CustomStringConvertible {
  let description: String
}

/// The demonstration: the same ping without and with the proxy, and the packets that differ.
///
/// Needs no cleaning up: processes, namespaces and the configuration file all end with this
/// process, whatever ends it. That is why SIGINT and SIGTERM keep their default action.
struct Demo {
  let daemon: String
  let pings: Int
  let screen: Screen

  /// What the proxy is told in every demonstration.
  static let configuration = """
    proxy eth0 {
      rule 2001:db8:1:0:ff::/80 {
        static
      }
    }

    """

  private let target = FoundingNetwork.memberAddress(0)

  /// Throws `DemoFailure` if anything is not as it should be, and what the lab throws.
  ///
  /// About four seconds, three of which the kernel takes to give the first ping up.
  func run() async throws {
    try await show()
    screen.success("Cleaned up: nothing on this host was touched.")
  }

  private func show() async throws {
    let network = try await FoundingNetwork()
    showTopology()
    try await showThatNobodyAnswers(network)
    showConfiguration()
    try await network.gateway.withDaemon(daemon, configuration: Self.configuration) { daemon in
      screen.output(daemon.process.lines)
      do {
        try await showThatTheProxyAnswers(network)
        try await showTheWayBack(network)
        try await showWhatTheDaemonSays(network, daemon)
      } catch {
        let report = ["\(error)", "The daemon's output:"] + daemon.process.lines
        throw DemoFailure(description: report.joined(separator: "\n  "))
      }
    }
  }

  private func showTopology() {
    screen.prose(
      """
      A router, a gateway and two members, in network namespaces of this process.

         router                      gateway                        members
                            ┌──────────────────────────┐     ┌── 2001:db8:1:0:ff::10
         2001:db8:1::1 ─────┤ eth0                 zt0 ├─────┤
                            │ 2001:db8:1::2            │     └── 2001:db8:1:0:ff::11
                            │       2001:db8:1:0:ff::1 │
                            └──────────────────────────┘

      The router treats all of 2001:db8:1::/64 as on-link.
      """)
  }

  private func showThatNobodyAnswers(_ network: FoundingNetwork) async throws {
    screen.step(1, "Nobody on that link answers for the member, so the ping fails.")
    screen.command("router", "ping -c 1 -W 4 \(target)")
    let report = try await network.router.ping(target, within: .seconds(4))
    screen.output([report.summary])
    guard report.received == 0 else {
      throw DemoFailure(description: "The member was reachable without a proxy.")
    }
    try await showNeighbor(network)
  }

  private func showConfiguration() {
    screen.step(2, "The gateway starts the proxy with this configuration.")
    screen.output(Self.configuration.split(separator: "\n").map(String.init))
    let name = daemon.split(separator: "/").last ?? ""
    screen.command("gateway", "\(name) -c \(name).conf")
  }

  private func showThatTheProxyAnswers(_ network: FoundingNetwork) async throws {
    screen.step(3, "The same ping again: the gateway answers for the member and forwards.")
    var capture = try network.router.capture(on: "up0")
    try await showPing(from: network.router, named: "router", to: target)
    try await showNeighbor(network)
    screen.step(4, "What went over the router's wire to get there.")
    guard let exchange = try capture.messages(about: target).firstExchange else {
      throw DemoFailure(description: "No neighbor advertisement was seen on the router's link.")
    }
    screen.output(exchange.lines)
  }

  private func showTheWayBack(_ network: FoundingNetwork) async throws {
    screen.step(5, "And the member reaches the router.")
    let router = FoundingNetwork.routerAddress(0)
    try await showPing(from: network.member, named: "member", to: router)
  }

  private func showWhatTheDaemonSays(_ network: FoundingNetwork, _ daemon: Daemon) async throws {
    // Other daemons do not listen.
    guard Host.exists(daemon.controlSocket) else { return }
    screen.step(6, "Why it works, as the daemon explains it.")
    screen.command("gateway", "ndpctl why \(target)")
    let explanation = try await network.gateway.run(
      Host.ownProgram(), "why", "--socket", daemon.controlSocket, "\(target)")
    screen.output(explanation.split(separator: "\n").map(String.init))
  }

  private func showPing(
    from node: Node, named name: String, to address: FoundingNetwork.Address
  ) async throws {
    screen.command(name, "ping -c \(pings) -i 0.2 \(address)")
    let report = try await node.ping(address, count: pings)
    screen.output(report.lines.filter { $0.contains(" bytes from ") } + [report.summary])
    guard report.received > 0 else {
      throw DemoFailure(description: "The \(name) cannot reach \(address).")
    }
  }

  private func showNeighbor(_ network: FoundingNetwork) async throws {
    screen.command("router", "ip -6 neighbor show to \(target)")
    let entry = try await network.router.neighbor(target)
    screen.output([entry.map { "\($0)" } ?? "(no entry)"])
  }
}
