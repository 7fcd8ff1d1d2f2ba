import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The kernel path while rules and interfaces change.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InKernelChangeTests: InKernelSuite {
  @Test func `no question is lost or counted twice while rules are reloaded`() async throws {
    try await withDaemon { network, daemon, router in
      _ = try await router.answer(about: member)
      let sent = try await during { gate in
        gate.open()
        for _ in 0..<20 where !Task.isCancelled {
          daemon.process.send(.terminalClosed)
          try? await Task.sleep(for: .milliseconds(100))
        }
      } _: {
        var sent = 0
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end {
          router.ask(for: sent % 2 == 0 ? member : Self.staticTarget)
          sent += 1
          try await Task.sleep(for: .milliseconds(2))
        }
        return sent
      }
      try await Task.sleep(for: .milliseconds(500))
      let answers =
        try router.messages(about: member).filter(\.isAnswer).count
      #expect(answers <= sent)
      let counters = try await network.gateway.counters(of: daemon).total
      #expect(counters.answered == UInt64(sent) + 1)
      #expect(counters.solicitationsReceived == counters.answered)
      let status = try await network.gateway.status(of: daemon)
      #expect(status.rules.reduce(0) { $0 + $1.answers } == counters.answered)
      #expect(status.kernelPath?.isOn == true)
      #expect(status.kernelPath?.interfaces == ["eth0"])
    }
  }

  /// As many rules as it takes some time to give to the kernel.
  private static let manyRules = (0..<3000).map {
    "  rule 2001:db8:1:0:fe:\(String($0, radix: 16))::/96 {\n static\n }\n"
  }.joined()

  /// Asks by unicast every 2 ms for `duration`, and returns how often.
  private func askByUnicast(_ router: Questioner, for duration: Duration) async throws -> Int {
    var sent = 0
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {
      router.askByUnicast(
        for: Self.staticTarget, at: FoundingNetwork.gatewayLinkLayerAddress)
      sent += 1
      try await Task.sleep(for: .milliseconds(2))
    }
    return sent
  }

  @Test func `no unicast question is lost while many rules are reloaded`() async throws {
    let rules = "  rule 2001:db8:1:0:fd::/112 {\n    static\n  }\n" + Self.manyRules
    try await withDaemon("kernel-path yes\nproxy eth0 {\n\(rules)}\n") { network, daemon, router in
      let isReady = try await router.isAnswered(Self.staticTarget)
      #expect(isReady)
      try await Task.sleep(for: .milliseconds(300))
      let before = try await network.gateway.counters(of: daemon).total.answered
      let sent = try await during { gate in
        gate.open()
        for _ in 0..<4 where !Task.isCancelled {
          daemon.process.send(.terminalClosed)
          try? await Task.sleep(for: .milliseconds(700))
        }
      } _: {
        try await askByUnicast(router, for: .seconds(3))
      }
      let answered = try await poll(within: .seconds(5)) { () -> UInt64? in
        let now = try await network.gateway.counters(of: daemon).total.answered - before
        return now >= UInt64(sent) ? now : nil
      }
      #expect(answered == UInt64(sent), "\(sent) were sent")
    }
  }

  @Test func `a flood by unicast keeps nobody from reload and end`() async throws {
    try await withDaemon { network, daemon, router in
      let isReady = try await router.isAnswered(Self.staticTarget)
      #expect(isReady)
      // For what nobody has, so that it is the daemon's to look at.
      let flood = Flood(
        node: network.router, targets: [FoundingNetwork.furtherAddress(9)], perSecond: 200_000,
        isUnicast: true)
      try await during(flood.run) {
        try await Task.sleep(for: .milliseconds(300))
        let before = daemon.process.lines.count
        daemon.process.send(.terminalClosed)
        let line = try await poll(within: .seconds(5)) {
          daemon.process.lines.dropFirst(before).first { $0.contains("reloaded") }
        }
        #expect(line != nil, "\(daemon.process.lines)")
        daemon.process.send(.terminate)
        let status = try await daemon.process.exitStatus(within: .seconds(5))
        #expect(status == .exited(0))
      }
    }
  }

  @Test func `after a rename the rules of the new name count`() async throws {
    let settings = """
      kernel-path yes
      proxy eth0 {
        rule 2001:db8:1:0:fd::/112 {
          static
        }
      }
      proxy wan0 {
        rule 2001:db8:1:0:fc::/112 {
          static
        }
      }
      """
    let other = IPv6Address("2001:db8:1:0:fc::7")!
    try await withDaemon(settings) { network, daemon, router in
      for _ in 0..<2 {
        let first = try await router.isAnswered(Self.staticTarget)
        #expect(first)
        let none = try await router.answer(about: other, within: .milliseconds(300))
        #expect(none == nil)
        try await network.gateway.run("ip", "link", "set", "eth0", "name", "wan0")
        let second = try await router.isAnswered(other)
        #expect(second)
        daemon.process.send(.suspend)
        let inKernel = try await router.answer(about: other)
        let former = try await router.answer(about: Self.staticTarget, within: .milliseconds(300))
        daemon.process.send(.resume)
        #expect(inKernel != nil && former == nil)
        try await network.gateway.run("ip", "link", "set", "wan0", "name", "eth0")
      }
    }
  }

  @Test func `a proxy that a reload adds is answered for in the kernel at once`() async throws {
    let before = "kernel-path yes\nproxy zt0 {\n  rule ::5 {\n    static\n  }\n}\n"
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: before) { daemon in
      try daemon.configuration.replaceContents(with: Self.settings())
      daemon.process.send(.terminalClosed)
      _ = try await daemon.process.line(containing: "reloaded")
      let status = try await network.gateway.status(of: daemon)
      #expect(status.kernelPath?.interfaces == ["eth0"])
      daemon.process.send(.suspend)
      let router = try await Questioner(network.router)
      let answer = try await router.answer(about: Self.staticTarget)
      daemon.process.send(.resume)
      #expect(answer != nil)
      #expect(!daemon.process.lines.contains { $0.contains("would not be noticed") })
    }
  }

  @Test func `an interface that comes back is answered on in the kernel again`() async throws {
    try await withDaemon { network, daemon, router in
      let before = try await router.answer(about: Self.staticTarget)
      #expect(before != nil)
      for _ in 0..<5 {
        try await network.gateway.run("ip", "link", "set", "eth0", "name", "gone0")
        try await network.gateway.run("ip", "link", "set", "gone0", "name", "eth0")
      }
      let isBack = try await router.isAnswered(Self.staticTarget)
      #expect(isBack)
      let status = try await network.gateway.status(of: daemon)
      #expect(status.kernelPath?.interfaces == ["eth0"])
      let count = try await network.gateway.counters(of: daemon).total.answeredInKernel ?? 0
      let again = try await router.answer(about: Self.staticTarget)
      #expect(again != nil)
      let newCount = try await network.gateway.counters(of: daemon).total.answeredInKernel ?? 0
      #expect(newCount > count)
    }
  }

  @Test func `each new interface of a name is answered on in the kernel`() async throws {
    try await withDaemon { network, daemon, _ in
      for _ in 0..<4 {
        try await network.router.run("ip", "link", "delete", "up0")
        // From the second round on, that was the other end of the same cable.
        _ = try await network.gateway.result(of: ["ip", "link", "delete", "eth0"])
        try await network.gateway.run(
          "ip", "link", "add", "eth0", "address", "\(FoundingNetwork.gatewayLinkLayerAddress)",
          "type", "veth", "peer", "name", "up0", "address",
          "\(FoundingNetwork.routerLinkLayerAddress(0))", "netns", network.router.namespace.path)
        try await network.gateway.run("ip", "link", "set", "eth0", "up")
        try await network.router.run("ip", "link", "set", "up0", "up")
        try await network.gateway.run(
          "ip", "address", "add", "\(FoundingNetwork.gatewayAddress)/64", "dev", "eth0", "nodad")
        let router = try await Questioner(network.router)
        let isBack = try await router.isAnswered(Self.staticTarget)
        #expect(isBack)
        let status = try await network.gateway.status(of: daemon)
        #expect(status.kernelPath?.interfaces == ["eth0"], "\(daemon.process.lines)")
      }
    }
  }
}
