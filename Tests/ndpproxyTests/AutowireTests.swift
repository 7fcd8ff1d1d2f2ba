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

  @Test func `what a killed one left goes with the next that has no use for routes, too`()
    async throws
  {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      _ = try await network.router.ping(member, count: 3)
      #expect(try await routesBecome("\(member) dev zt0", on: gateway))
      daemon.process.send(.kill)
      _ = try await daemon.process.exitStatus(within: .seconds(20))
    }
    let left = try await routes(of: gateway)
    #expect(left.contains("\(member) dev zt0"))
    let without = configuration().replacing("autowire yes", with: "autowire no")
    try await gateway.withDaemon(ndpproxy, configuration: without) { _ in
      let shown = try await routes(of: gateway)
      #expect(shown.isEmpty)
    }
  }

  @Test func `another daemon's routes are not what was left behind`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let second = "proxy zt0 { autowire yes rule 2001:db8:1::/64 { iface eth0 } }"
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { _ in
      _ = try await network.router.ping(member, count: 3)
      #expect(try await routesBecome("\(member) dev zt0", on: gateway))
      for _ in 0..<2 {
        try await gateway.withDaemon(ndpproxy, configuration: second) { other in
          #expect(!other.process.lines.contains { $0.contains("left behind") })
          let shown = try await routes(of: gateway)
          #expect(shown.contains("\(member) dev zt0"))
        }
        let shown = try await routes(of: gateway)
        #expect(shown.contains("\(member) dev zt0"))
      }
    }
    let shown = try await routes(of: gateway)
    #expect(shown.isEmpty)
  }

  /// What takes a route of ours from the kernel, and whether only a question brings it back: an
  /// interface that can be used again has its targets asked for at once.
  private static let losses = [
    (["route flush proto 112"], true),
    (["link set zt0 mtu 1200", "link set zt0 mtu 1500"], false),
  ]

  @Test func `a route that the kernel loses is put in again`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.run("ip", "-6", "route", "del", "\(FoundingNetwork.insidePrefix)")
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      let router = try await Questioner(network.router)
      for (loss, takesQuestion) in Self.losses {
        #expect(try await router.isAnswered(member), "\(loss)")
        #expect(try await routesBecome("\(member) dev zt0", on: gateway), "\(loss)")
        try await gateway.batch(loss)
        if takesQuestion {
          let shown = try await routes(of: gateway)
          #expect(shown.isEmpty, "\(loss)")
        }
        // With the next confirmation of a target that is asked for, each `ttl`.
        let isBack: Bool? = try await poll(within: .seconds(30)) {
          _ = try await router.answer(about: member)
          return try await routes(of: gateway).contains("\(member) dev zt0") ? true : nil
        }
        #expect(isBack == true, "\(loss): \(daemon.process.lines)")
      }
    }
  }

  @Test func `interfaces that were down have their routes again, whether somebody asks or not`()
    async throws
  {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      let router = try await Questioner(network.router)
      for interface in ["zt0", "eth0"] {
        #expect(try await router.isAnswered(member), "\(interface)")
        #expect(try await routesBecome("\(member) dev zt0", on: gateway), "\(interface)")
        try await gateway.batch(["link set \(interface) down"])
        try await Task.sleep(for: .seconds(1))
        try await gateway.batch(["link set \(interface) up"])
        let isThere = try await routesBecome("\(member) dev zt0", on: gateway)
        #expect(isThere, "\(interface): \(daemon.process.lines)")
      }
    }
  }

  @Test func `a reload of other times keeps the routes`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.withDaemon(ndpproxy, configuration: configuration()) { daemon in
      _ = try await network.router.ping(member, count: 3)
      #expect(try await routesBecome("\(member) dev zt0", on: gateway))
      let changes = [
        configuration().replacing("ttl 6000", with: "ttl 60000"),
        configuration("\n  }\n  rule \(FoundingNetwork.insidePrefix) {\n    iface zt9"),
      ]
      for text in changes {
        let known = daemon.process.lines.count
        try daemon.configuration.replaceContents(with: text)
        daemon.process.send(.terminalClosed)
        let line = try await daemon.process.line(containing: "reloaded: ", after: known)
        #expect(line?.contains("not reloaded") == false, "\(daemon.process.lines)")
        let shown = try await routes(of: gateway)
        #expect(shown.contains("\(member) dev zt0"))
      }
    }
  }

  @Test func `an administrator's route counts more than one of ours`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let auto = configuration().replacing("iface zt0", with: "auto")
    try await gateway.withDaemon(ndpproxy, configuration: auto) { daemon in
      let router = try await Questioner(network.router)
      #expect(try await router.isAnswered(member))
      #expect(try await routesBecome("\(member) dev zt0", on: gateway))
      try await gateway.run("ip", "-6", "route", "del", "\(FoundingNetwork.insidePrefix)")
      let isSilent: Bool? = try await poll(within: .seconds(10)) {
        try await router.answer(about: member, within: .milliseconds(500)) == nil ? true : nil
      }
      #expect(isSilent == true, "\(daemon.process.lines)")
      #expect(try await routesBecome(nil, on: gateway))
    }
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
