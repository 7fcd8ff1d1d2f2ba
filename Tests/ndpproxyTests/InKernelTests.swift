import ControlProtocol
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The kernel path in a daemon (`kernel-path yes`), on real links.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InKernelTests: InKernelSuite {
  @Test func `known targets are answered while the daemon sleeps, no longer than their time`()
    async throws
  {
    try await withDaemon(Self.settings(ttl: 4000)) { network, daemon, router in
      let isKnown = try await router.answer(about: member) != nil
      #expect(isKnown)
      daemon.process.send(.suspend)
      let start = ContinuousClock.now
      // Static, known, unknown.
      let fixed = try await router.answer(about: Self.staticTarget)
      let known = try await router.answer(about: member)
      let unknown = try await router.answer(
        about: FoundingNetwork.furtherAddress(1), within: .milliseconds(300))
      #expect(fixed != nil && known != nil && unknown == nil)
      try await Task.sleep(until: start + .milliseconds(4100))
      let late = try await router.answer(about: member, within: .milliseconds(300))
      #expect(late == nil)
      let stillFixed = try await router.answer(about: Self.staticTarget)
      #expect(stillFixed != nil)
      daemon.process.send(.resume)
      let isBack = try await router.isAnswered(member)
      #expect(isBack)
      let counters = try await network.gateway.counters(of: daemon).total
      // Static twice and the member once, at least.
      #expect((counters.answeredInKernel ?? 0) >= 3)
      #expect(counters.answered >= (counters.answeredInKernel ?? 0))
      #expect(counters.solicitationsReceived >= counters.answered)
    }
  }

  @Test func `the kernel sends no error to a router that probes, and passes nothing on`()
    async throws
  {
    try await withDaemon { network, daemon, router in
      let gateway = network.gateway
      try await gateway.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
      var errors = try network.router.capture(on: "up0", filter: "icmp6 and ip6[40] < 128")
      var passed = try network.member.capture(
        on: "zt0", filter: "icmp6 and ip6[40] == 135 and ip6[7] < 255")
      // One that is known, one that is not, one that is nobody's.
      let targets = [member, FoundingNetwork.furtherAddress(7), FoundingNetwork.furtherAddress(8)]
      for target in targets {
        for _ in 0..<3 {
          router.askByUnicast(for: target, at: FoundingNetwork.gatewayLinkLayerAddress)
          try await Task.sleep(for: .milliseconds(200))
        }
      }
      let answers = try router.messages(about: member).filter(\.isAnswer)
      #expect(answers.count == 3)
      try await Task.sleep(for: .seconds(2))
      var unwanted: [String] = []
      while let frame = try errors.next() { unwanted.append("error \(frame.octets)") }
      while let frame = try passed.next() { unwanted.append("passed on \(frame.octets)") }
      #expect(unwanted.isEmpty)
      // The gateway's own address is the kernel's to answer for.
      router.askByUnicast(
        for: FoundingNetwork.gatewayAddress, at: FoundingNetwork.gatewayLinkLayerAddress)
      let own = try await poll(within: .seconds(2)) {
        try router.messages(about: FoundingNetwork.gatewayAddress).first(where: \.isAnswer)
      }
      #expect(own != nil)
      let counters = try await gateway.counters(of: daemon)
      #expect(counters.overrun == 0)
      _ = daemon
    }
  }

  @Test func `what is asked for in the kernel is renewed, what is not is let go`() async throws {
    try await withDaemon(Self.settings(ttl: 2000)) { network, daemon, router in
      let gateway = network.gateway
      let isKnown = try await router.answer(about: member) != nil
      #expect(isKnown)
      var last = ContinuousClock.now
      for _ in 0..<30 {
        last = .now
        router.ask(for: member)
        try await Task.sleep(for: .milliseconds(200))
      }
      let answers = try router.messages(about: member).filter(\.isAnswer)
      #expect(answers.count == 30)
      let session = try #require(try await gateway.session(of: member, in: daemon))
      #expect(session.answers == 31)
      // The daemon knows of the last question. A slow machine may say so when it is long ago.
      let age = try #require(session.sinceAskedMilliseconds)
      #expect(.milliseconds(age) <= ContinuousClock.now - last)
      #expect(session.state == "reachable" || age >= 2000)
      let total = try await gateway.counters(of: daemon).total
      #expect(total.answered == 31)
      // Nearly all of them; the daemon answers while it finds out.
      #expect((total.answeredInKernel ?? 0) > 20)
      try await Task.sleep(for: .seconds(5))
      let later = try await gateway.session(of: member, in: daemon)
      #expect(later?.state != "reachable")
    }
  }

  @Test func `who watches sees everything`() async throws {
    try await withDaemon { network, daemon, router in
      _ = try await router.answer(about: member)
      let ndpctl = try Host.programBeside("ndpctl")
      let monitor = [
        "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", ndpctl, "monitor",
      ]
      try await network.gateway.withProcess(monitor) { process in
        let isAnswered = try await router.isAnswered(Self.staticTarget)
        #expect(isAnswered)
        let line = try await poll(within: .seconds(10)) {
          router.ask(for: member)
          return process.lines.first { $0.contains("\(member)") }
        }
        #expect(line != nil, "\(process.lines)")
        process.send(.interrupt)
        _ = try await process.exitStatus(within: .seconds(5))
      }
      // And nobody does after that.
      let before = try await network.gateway.counters(of: daemon).total.answeredInKernel ?? 0
      let grown = try await poll(within: .seconds(5)) {
        router.ask(for: Self.staticTarget)
        let now = try await network.gateway.counters(of: daemon).total.answeredInKernel ?? 0
        return now > before ? now : nil
      }
      #expect(grown != nil)
    }
  }

  @Test func `nothing answers once the daemon is killed`() async throws {
    try await withDaemon { network, daemon, router in
      let before = try await router.answer(about: Self.staticTarget)
      #expect(before != nil)
      daemon.process.send(.kill)
      _ = try await daemon.process.exitStatus(within: .seconds(20))
      let after = try await router.answer(about: Self.staticTarget, within: .milliseconds(500))
      #expect(after == nil)
    }
  }

  @Test(arguments: ["auto", "yes"])
  func `without the capabilities, packet sockets answer or nobody`(mode: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: Self.settings(mode))
    let command = [
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_raw",
      "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", ndpproxy, "-c", file.path,
    ]
    try await network.gateway.withProcess(command) { process in
      if mode == "yes" {
        let status = try await process.exitStatus(within: .seconds(20))
        #expect(status != nil && status != .exited(0))
        #expect(process.lines.last?.contains("CAP_BPF") == true, "\(process.lines)")
      } else {
        _ = try await process.line(containing: "ready: ")
        #expect(process.lines.contains { $0.contains("kernel-path: it needs the capabilities") })
        let router = try await Questioner(network.router)
        let answer = try await router.answer(about: Self.staticTarget)
        #expect(answer != nil)
      }
    }
  }

  @Test func `with the capabilities of the drop-in it works, and goes on to`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: Self.settings())
    let capabilities = "-all,+net_raw,+net_admin,+bpf"
    let command = [
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=\(capabilities)",
      "--ambient-caps=\(capabilities)", "--bounding-set=\(capabilities)", ndpproxy, "-c",
      file.path,
    ]
    try await network.gateway.withProcess(command) { process in
      _ = try await process.line(containing: "ready: ")
      let router = try await Questioner(network.router)
      let first = try await router.answer(about: Self.staticTarget)
      #expect(first != nil)
      // A reload loads a program, with system calls limited by then.
      process.send(.terminalClosed)
      _ = try await process.line(containing: "reloaded")
      #expect(!process.lines.contains { $0.contains("kernel-path") }, "\(process.lines)")
      process.send(.suspend)
      let second = try await router.answer(about: Self.staticTarget)
      #expect(second != nil)
      process.send(.resume)
    }
  }
}
