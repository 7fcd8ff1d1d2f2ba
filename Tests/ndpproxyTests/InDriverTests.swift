import ControlProtocol
import Glibc
import KernelPath
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The kernel path in drivers (`kernel-path xdp`), on real links.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InDriverTests: InKernelSuite {
  /// Has the other end of the gateway's cable take what a driver sends, while the result lives:
  /// that of veth(4) delivers it only to an end with an XDP program of its own.
  private func cableTakesAnswers(_ network: FoundingNetwork) throws -> ProgramLink {
    // It passes everything on.
    let pass = BPFProgram.Code(instructions: [0x0000_0002_0000_00b7, 0x0000_0000_0000_0095])
    return try network.upstreamSegment.namespace.run {
      let program = try BPFProgram(pass, as: .early, maps: [:])
      return try ProgramLink(program, on: Int32(if_nametoindex("port0")), at: .driver)
    }
  }

  @Test func `the driver answers where a test shows that it does, over reloads as well`()
    async throws
  {
    let network = try await FoundingNetwork(members: 1)
    let cable = try cableTakesAnswers(network)
    defer { withExtendedLifetime(cable) {} }
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings("xdp")) { daemon in
      let gateway = network.gateway
      let proof = try await daemon.process.line(containing: "XDP answers on eth0")
      try #require(proof != nil, "\(daemon.process.lines)")
      let router = try await Questioner(network.router)
      let isKnown = try await router.answer(about: member) != nil
      #expect(isKnown)
      // What the driver answers is seen by nobody else in this host.
      var seen = try gateway.capture(on: "eth0", filter: "icmp6 and ip6[40] == 135")
      for round in 0..<3 {
        for target in [member, Self.staticTarget] {
          let answer = try await router.answer(about: target)
          #expect(answer != nil, "round \(round)")
        }
        daemon.process.send(.terminalClosed)
        try await Task.sleep(for: .milliseconds(300))
      }
      // While other rules come into force, the daemon answers.
      var seenCount = 0
      while try seen.next() != nil { seenCount += 1 }
      #expect(seenCount <= 3)
      let status = try await gateway.status(of: daemon)
      #expect(status.kernelPath?.driverInterfaces == ["eth0"])
      #expect(status.kernelPath?.driverRefusals == nil)
      let counters = try await gateway.counters(of: daemon).total
      #expect(counters.answered == 7 && counters.solicitationsReceived == 7)
      #expect((counters.answeredInKernel ?? 0) >= 3)
      // What is not answered goes on as ever.
      let own = try await router.answer(about: FoundingNetwork.gatewayAddress)
      #expect(own != nil)
      try await gateway.run("ip", "link", "set", "eth0", "down")
      try await gateway.run("ip", "link", "set", "eth0", "up")
      let isBack = try await router.isAnswered(Self.staticTarget)
      #expect(isBack)
    }
    // It goes with the daemon.
    let after = try await network.gateway.run("ip", "link", "show", "eth0")
    #expect(!after.contains("xdp"), "\(after)")
  }

  @Test func `where the driver does not send, the program behind it answers`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings("xdp")) { daemon in
      let router = try await Questioner(network.router)
      // While it is tested, and after that.
      let meanwhile = try await router.answer(about: Self.staticTarget)
      #expect(meanwhile != nil)
      let refusal = try await daemon.process.line(
        containing: "no XDP on eth0: its driver does not send what the program answers")
      #expect(refusal != nil, "\(daemon.process.lines)")
      let after = try await router.answer(about: Self.staticTarget)
      #expect(after != nil)
      let status = try await network.gateway.run(
        "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", try Host.programBeside("ndpctl"),
        "status")
      #expect(status.contains("kernel path: answering on eth0\n"), "\(status)")
      #expect(status.contains("kernel path: no XDP on eth0: its driver does not send"))
      let link = try await network.gateway.run("ip", "link", "show", "eth0")
      #expect(!link.contains("xdp"), "\(link)")
    }
  }

  @Test func `where nobody takes part in the test, the program behind the driver answers`()
    async throws
  {
    let network = try await FoundingNetwork(members: 1)
    let cable = try cableTakesAnswers(network)
    defer { withExtendedLifetime(cable) {} }
    try await network.router.run("sysctl", "-qw", "net.ipv6.icmp.echo_ignore_all=1")
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings("xdp")) { daemon in
      let notice = try await daemon.process.line(
        containing: "no XDP on eth0 yet: no host on the link has replied")
      #expect(notice != nil, "\(daemon.process.lines)")
      let router = try await Questioner(network.router)
      let answer = try await router.answer(about: Self.staticTarget)
      #expect(answer != nil)
      let status = try await network.gateway.status(of: daemon)
      #expect(status.kernelPath?.interfaces == ["eth0"])
      #expect(status.kernelPath?.driverRefusals?.first?.reason.contains("no host") == true)
    }
  }
}
