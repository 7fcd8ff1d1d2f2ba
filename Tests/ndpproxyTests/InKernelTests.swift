import ControlProtocol
import Glibc
import KernelPath
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The kernel path in a daemon (`kernel-path yes`), on real links.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InKernelTests {
  private let member = FoundingNetwork.memberAddress(0)
  private static let staticTarget = IPv6Address("2001:db8:1:0:fd::7")!

  private static func settings(_ mode: String = "yes", ttl: Int = 30_000) -> String {
    """
    kernel-path \(mode)
    proxy eth0 {
      ttl \(ttl)
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
      rule 2001:db8:1:0:fd::/112 {
        static
      }
    }
    """
  }

  private func withDaemon(
    _ settings: String = settings(),
    _ body: (FoundingNetwork, Daemon, Questioner) async throws -> Void
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: settings) { daemon in
      try await body(network, daemon, try await Questioner(network.router))
    }
  }

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
      let isBack = try await router.isAnswered(member, within: .seconds(5))
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
      for _ in 0..<30 {
        router.ask(for: member)
        try await Task.sleep(for: .milliseconds(200))
      }
      let answers = try router.messages(about: member).filter(\.isAnswer)
      #expect(answers.count == 30)
      let session = try #require(try await gateway.session(of: member, in: daemon))
      #expect(session.state == "reachable" && session.answers == 31)
      #expect((session.sinceAskedMilliseconds ?? 9999) < 2000)
      let total = try await gateway.counters(of: daemon).total
      #expect(total.answered == 31)
      // Nearly all of them; the daemon answers while it finds out.
      #expect((total.answeredInKernel ?? 0) > 20)
      try await Task.sleep(for: .seconds(5))
      let later = try await gateway.session(of: member, in: daemon)
      #expect(later?.state != "reachable")
    }
  }

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
      let isReady = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
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
      let isReady = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
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
        let first = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
        #expect(first)
        let none = try await router.answer(about: other, within: .milliseconds(300))
        #expect(none == nil)
        try await network.gateway.run("ip", "link", "set", "eth0", "name", "wan0")
        let second = try await router.isAnswered(other, within: .seconds(5))
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
      _ = try await daemon.process.line(containing: "reloaded", within: .seconds(5))
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

  @Test func `with several addresses the source is that of the solicitor's prefix`() async throws {
    try await withDaemon { network, daemon, router in
      let addresses = ["2001:db8:1::77/64", "2001:db8:77::2/64"]
      for address in addresses {
        try await network.gateway.run("ip", "address", "add", address, "dev", "eth0", "nodad")
      }
      let isReady = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
      #expect(isReady)
      try await Task.sleep(for: .milliseconds(300))
      let sources = ["2001:db8:77::9": "2001:db8:77::2"]
      daemon.process.send(.suspend)
      for (asker, source) in sources {
        let exchange = try await router.answer(
          about: Self.staticTarget, from: IPv6Address(asker)!)
        #expect(exchange?.advertisement.message.source == IPv6Address(source)!)
      }
      let other = try await router.answer(about: Self.staticTarget)
      daemon.process.send(.resume)
      #expect(other != nil)
    }
  }

  @Test func `frames in fragments are answered in the kernel as well`() async throws {
    try await withDaemon { network, daemon, router in
      let isReady = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
      #expect(isReady)
      var answers = try network.router.capture(on: "up0", filter: "icmp6 and ip6[40] == 136")
      daemon.process.send(.suspend)
      try await network.router.run("/usr/bin/python3", "-c", Self.ringScript)
      try await Task.sleep(for: .milliseconds(200))
      daemon.process.send(.resume)
      var count = 0
      while try answers.next() != nil { count += 1 }
      #expect(count >= 1)
    }
  }

  /// Sends a question from a ring that the kernel shares (packet_mmap), whose frames it leaves where
  /// they are.
  private static let ringScript = """
    import mmap, socket, struct
    solicitation = bytes.fromhex(
      "3333ff000007" "020000000001" "86dd" "60000000" "00203aff"
      "20010db8000100000000000000000001" "ff0200000000000000000001ff000007"
      "8700" "0000" "00000000" "20010db80001000000fd000000000007" "0101020000000001")
    def checksum(frame):
        total = sum(struct.unpack(">16H", frame[22:54])) + 32 + 58
        total += sum(struct.unpack(">16H", frame[54:86]))
        while total >> 16: total = (total & 0xffff) + (total >> 16)
        return ~total & 0xffff
    solicitation = solicitation[:56] + struct.pack(">H", checksum(solicitation)) + solicitation[58:]
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    SOL_PACKET, PACKET_VERSION, PACKET_TX_RING = 263, 10, 13
    s.setsockopt(SOL_PACKET, PACKET_VERSION, 1)
    s.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack("IIII", 4096, 1, 2048, 2))
    s.bind(("up0", 0x86dd))
    ring = mmap.mmap(s.fileno(), 4096)
    # Behind the header of TPACKET_V2, without its address.
    ring[32:32 + len(solicitation)] = solicitation
    ring[4:8] = struct.pack("I", len(solicitation))
    ring[0:4] = struct.pack("I", 1)
    s.send(b"")
    """

  /// `make watch-router` takes ten minutes for it.
  @Test(.timeLimit(.minutes(20)))
  func `a router that probes its neighbors loses no ping and gets no error`() async throws {
    let seconds = CurrentProcess.environment("NDPPROXY_ROUTER_SECONDS").flatMap { Int($0) } ?? 15
    try await withDaemon { network, daemon, _ in
      let targets = (0..<100).map { FoundingNetwork.furtherAddress($0) }
      try await network.member.run(
        "ip", "-batch", "-",
        input: targets.map { "address add \($0)/128 dev zt0 nodad\n" }.joined())
      try await network.gateway.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
      // A cycle takes the router some three seconds, in place of half a minute.
      try await network.router.run(
        "sysctl", "-qw", "net.ipv6.neigh.up0.base_reachable_time_ms=2000",
        "net.ipv6.neigh.up0.delay_first_probe_time=1")
      var errors = try network.router.capture(on: "up0", filter: "icmp6 and ip6[40] < 128")
      var passed = try network.member.capture(
        on: "zt0", filter: "icmp6 and ip6[40] == 135 and ip6[7] < 255")
      var probes = try network.gateway.capture(
        on: "eth0", filter: "icmp6 and ip6[40] == 135 and ether[0] & 1 == 0")
      let counts = try await network.router.result(
        of: ["/usr/bin/python3", "-c", Self.pingScript, "\(seconds)"] + targets.map(\.description))
      #expect(
        counts.standardOutput == "\(targets.count * seconds * 2) sent, 0 lost\n", "\(counts)")
      var unwanted: [String] = []
      while let frame = try errors.next() { unwanted.append("error \(frame.octets)") }
      while let frame = try passed.next() { unwanted.append("passed on \(frame.octets)") }
      #expect(unwanted.isEmpty, "\(unwanted.prefix(3))")
      var probeCount = 0
      while try probes.next() != nil { probeCount += 1 }
      #expect(probeCount >= targets.count * seconds / 10)
      let status = try await network.gateway.status(of: daemon)
      #expect(status.kernelPath?.interfaces == ["eth0"])
      print("\(targets.count) targets, \(seconds) s: \(probeCount) probes by unicast")
    }
  }

  /// Pings each target twice a second for some seconds. ping(8) would tell the kernel of each reply,
  /// which has no cause to probe then.
  private static let pingScript = """
    import os, select, socket, struct, sys, time
    seconds, targets = int(sys.argv[1]), sys.argv[2:]
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    # Replies alone (ICMP6_FILTER).
    s.setsockopt(
        socket.IPPROTO_ICMPV6, 1, b"\\xff" * 16 + b"\\xfd\\xff\\xff\\xff" + b"\\xff" * 12)
    own, waiting, start = os.getpid() & 0xffff, {}, time.monotonic()
    sent = 0
    def take(until):
        while select.select([s], [], [], max(0, until - time.monotonic()))[0]:
            data, address = s.recvfrom(2048)
            if data[0] == 129 and struct.unpack(">H", data[4:6])[0] == own:
                waiting.pop((address[0], struct.unpack(">H", data[6:8])[0]), None)
    for number in range(seconds * 2):
        for target in targets:
            waiting[target, number] = True
            s.sendto(struct.pack(">BBHHH", 128, 0, 0, own, number), (target, 0))
            sent += 1
            take(time.monotonic())
        take(start + (number + 1) / 2)
    take(time.monotonic() + 1)
    print("%d sent, %d lost" % (sent, len(waiting)))
    """

  // MARK: XDP

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
      let proof = try await daemon.process.line(
        containing: "XDP answers on eth0", within: .seconds(10))
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
      let isBack = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
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
        containing: "no XDP on eth0: its driver does not send what the program answers",
        within: .seconds(20))
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
        containing: "no XDP on eth0 yet: nobody on the link has replied", within: .seconds(20))
      #expect(notice != nil, "\(daemon.process.lines)")
      let router = try await Questioner(network.router)
      let answer = try await router.answer(about: Self.staticTarget)
      #expect(answer != nil)
      let status = try await network.gateway.status(of: daemon)
      #expect(status.kernelPath?.interfaces == ["eth0"])
      #expect(status.kernelPath?.driverRefusals?.first?.reason.contains("nobody") == true)
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
        let isAnswered = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
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

  @Test func `an interface that comes back is answered on in the kernel again`() async throws {
    try await withDaemon { network, daemon, router in
      let before = try await router.answer(about: Self.staticTarget)
      #expect(before != nil)
      for _ in 0..<5 {
        try await network.gateway.run("ip", "link", "set", "eth0", "name", "gone0")
        try await network.gateway.run("ip", "link", "set", "gone0", "name", "eth0")
      }
      let isBack = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
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
        let isBack = try await router.isAnswered(Self.staticTarget, within: .seconds(5))
        #expect(isBack)
        let status = try await network.gateway.status(of: daemon)
        #expect(status.kernelPath?.interfaces == ["eth0"], "\(daemon.process.lines)")
      }
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
        _ = try await process.line(containing: "ready: ", within: .seconds(20))
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
      _ = try await process.line(containing: "ready: ", within: .seconds(20))
      let router = try await Questioner(network.router)
      let first = try await router.answer(about: Self.staticTarget)
      #expect(first != nil)
      // A reload loads a program, with system calls limited by then.
      process.send(.terminalClosed)
      _ = try await process.line(containing: "reloaded", within: .seconds(10))
      #expect(!process.lines.contains { $0.contains("kernel-path") }, "\(process.lines)")
      process.send(.suspend)
      let second = try await router.answer(about: Self.staticTarget)
      #expect(second != nil)
      process.send(.resume)
    }
  }
}
