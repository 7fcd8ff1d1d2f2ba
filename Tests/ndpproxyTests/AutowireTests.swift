import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Routes to single targets in a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct AutowireTests {
  private let member = FoundingNetwork.memberAddress(0)

  private func configuration(_ options: String = "") -> String {
    """
    proxy eth0 {
      autowire yes
      ttl 6000
      timeout 300
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0\(options)
      }
    }
    """
  }

  private func routes(of node: Node) async throws -> String {
    try await node.run("ip", "-6", "route", "show", "proto", "112")
  }

  /// Waits until the gateway's routes of ours contain a text, or are none.
  private func routesBecome(_ text: String?, on node: Node) async throws -> Bool {
    let isSo: Bool? = try await poll(within: .seconds(20)) {
      let shown = try await routes(of: node)
      return text.map(shown.contains) ?? shown.isEmpty ? true : nil
    }
    return isSo == true
  }

  @Test func `a target gets a route, and loses it when it is gone`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    // Nothing but the route leads there.
    try await gateway.run("ip", "-6", "route", "del", "\(FoundingNetwork.insidePrefix)")
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      let report = try await network.router.ping(member, count: 10)
      #expect(report.received > 0, "\(daemon.process.lines)")
      // The router knows the target and does not ask for it, for longer than `ttl`.
      try await Task.sleep(for: .seconds(8))
      let later = try await network.router.ping(member, count: 3)
      #expect(later.received > 0, "\(daemon.process.lines)")
      let isThere = try await routesBecome("\(member) dev zt0", on: gateway)
      #expect(isThere)
      try await network.member.run("ip", "link", "set", "zt0", "down")
      // The kernel, which forwards to it, is believed while it believes in it: up to 45 s, and then
      // it takes 8 s to find out.
      let isGone: Bool? = try await poll(within: .seconds(90)) {
        try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
        _ = try await network.router.ping(member)
        return try await routes(of: gateway).isEmpty ? true : nil
      }
      #expect(isGone == true, "\(daemon.process.lines)")
      #expect(daemon.process.status == nil)
    }
  }

  @Test func `routes go with the daemon, and what a killed one left with the next`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    for isKilled in [false, true] {
      try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
      try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
        _ = try await network.router.ping(member, count: 3)
        let isThere = try await routesBecome("\(member) dev zt0", on: gateway)
        #expect(isThere)
        daemon.process.send(isKilled ? .kill : .terminate)
        _ = try await daemon.process.exitStatus(within: .seconds(20))
      }
      let left = try await routes(of: gateway)
      #expect(left.isEmpty != isKilled)
    }
    let foreign = "2001:db8:1:0:ff::77"
    try await gateway.run("ip", "-6", "route", "add", foreign, "dev", "zt0", "proto", "static")
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      let line = try await daemon.process.line(containing: "removed 1 routes")
      #expect(line != nil)
      let isGone = try await routesBecome(nil, on: gateway)
      #expect(isGone)
    }
    let kept = try await gateway.run("ip", "-6", "route", "show", foreign)
    #expect(kept.contains("zt0"))
  }

  @Test func `without the capability the log says so, and questions are answered`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration())
    let command = ["setpriv", "--bounding-set=-net_admin", ndpproxy, "-c", file.path]
    try await network.gateway.withProcess(command) { process in
      let line = try await process.line(containing: "ready")
      #expect(line != nil)
      let report = try await network.router.ping(member, count: 5)
      #expect(report.received > 0)
      let complaint = try await process.line(containing: "autowire: ")
      #expect(complaint?.hasPrefix("warning: ") == true)
    }
  }
}
