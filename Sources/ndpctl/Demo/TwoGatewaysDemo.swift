import Console
import NetworkLab

/// The demonstration of a take-over: a ping goes on while one gateway fails and the other becomes
/// the master.
///
/// The demonstration itself moves the virtual address, where VRRP would. Nothing is to be cleaned
/// up, as in `Demo`.
struct TwoGatewaysDemo {
  let daemon: String
  let screen: Screen

  private static let address = "fe80::5:1"

  private static let configuration = """
    proxy eth0 {
      require address fe80::5:1
      rule 2001:db8:1:0:ff::/80 {
        iface zt0
      }
    }

    """

  private var target: FoundingNetwork.Address { FoundingNetwork.memberAddress(0) }

  /// Throws `DemoFailure` if the ping does not go on, and what the lab throws; some seven seconds.
  func run() async throws {
    let network = try await FoundingNetwork(members: 1)
    let second = try await network.addSecondGateway()
    screen.prose(
      """
      A router, two gateways and a member, in network namespaces of this process.

                             ┌── gateway 1 ──┐
         router ─────────────┤               ├───── 2001:db8:1:0:ff::10
         2001:db8:1::1       └── gateway 2 ──┘

      The gateway with the address fe80::5:1 is the master; VRRP would see to that.
      """)
    screen.step(1, "Both gateways start the proxy with this configuration.")
    screen.output(Self.configuration.split(separator: "\n").map(String.init))
    try await network.makeMaster(network.gateway, address: Self.address)
    try await network.gateway.withDaemon(daemon, configuration: Self.configuration) { first in
      try await show(first, "gateway 1")
      try await runSecond(network, second)
    }
    screen.success("Cleaned up: nothing on this host was touched.")
  }

  private func runSecond(_ network: FoundingNetwork, _ second: Node) async throws {
    try await second.withDaemon(daemon, configuration: Self.configuration) { backup in
      try await show(backup, "gateway 2")
      try await ping(network, second)
      screen.output(
        backup.process.lines.filter { $0.contains("condition") }.map { "gateway 2: \($0)" })
    }
  }

  /// Shows that a daemon is ready, and for what.
  private func show(_ daemon: Daemon, _ name: String) async throws {
    _ = try await daemon.process.line(containing: "ready", within: .seconds(5))
    screen.output(daemon.process.lines.map { "\(name): \($0)" })
  }

  private func ping(_ network: FoundingNetwork, _ second: Node) async throws {
    screen.step(2, "The router pings the member, 20 times a second.")
    let command = ["ping", "-6", "-n", "-i", "0.05", "\(target)"]
    screen.command("router", command.joined(separator: " "))
    try await network.router.withProcess(command) { ping in
      try await takeOver(network, second, seenBy: ping)
    }
  }

  private func takeOver(
    _ network: FoundingNetwork, _ second: Node, seenBy ping: RunningProcess
  ) async throws {
    guard try await ping.line(containing: " bytes from ", within: .seconds(5)) != nil else {
      throw DemoFailure(description: "The member is not reachable by way of gateway 1.")
    }
    try await Task.sleep(for: .seconds(1))
    screen.output(Array(ping.lines.suffix(2)))
    screen.step(3, "Gateway 1 loses its cables. Nobody forwards until VRRP notices.")
    try await network.unplugGateway()
    try await Task.sleep(for: .seconds(1))
    let before = ping.lines.count
    screen.step(4, "Gateway 2 gets the address, and announces the targets that it knows.")
    screen.command("gateway 2", "ip address add \(Self.address)/64 dev eth0 nodad")
    try await network.makeMaster(second, address: Self.address)
    let moved = ContinuousClock.now
    let hasReply: Bool? = try await poll(within: .seconds(5)) {
      ping.lines.count > before ? true : nil
    }
    let gap = moved.duration(to: .now)
    guard hasReply == true else {
      throw DemoFailure(description: "The member is not reachable by way of gateway 2.")
    }
    try await Task.sleep(for: .milliseconds(500))
    screen.output(Array(ping.lines.dropFirst(before).prefix(3)))
    screen.prose(
      "The first reply came \(Int(gap / .milliseconds(1))) ms after the address had moved.")
  }
}
