import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Which frames the kernel path answers, and whom else it serves.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(15)))
struct InKernelFrameTests: InKernelSuite {
  @Test func `with several addresses the source is that of the solicitor's prefix`() async throws {
    try await withDaemon { network, daemon, router in
      let addresses = ["2001:db8:1::77/64", "2001:db8:77::2/64"]
      for address in addresses {
        try await network.gateway.run("ip", "address", "add", address, "dev", "eth0", "nodad")
      }
      let isReady = try await router.isAnswered(Self.staticTarget)
      #expect(isReady)
      let asker = IPv6Address("2001:db8:77::9")!
      let source = IPv6Address("2001:db8:77::2")!
      // The daemon takes up the addresses some time after they are there.
      let isFromSource: Bool? = try await poll(within: .seconds(20)) {
        daemon.process.send(.suspend)
        defer { daemon.process.send(.resume) }
        let exchange = try await router.answer(
          about: Self.staticTarget, from: asker, within: .milliseconds(200))
        return exchange?.advertisement.message.source == source ? true : nil
      }
      #expect(isFromSource == true)
      // From then on, each answer is.
      daemon.process.send(.suspend)
      let again = try await router.answer(about: Self.staticTarget, from: asker)
      #expect(again?.advertisement.message.source == source)
      let other = try await router.answer(about: Self.staticTarget)
      daemon.process.send(.resume)
      #expect(other != nil)
    }
  }

  @Test func `frames in fragments are answered in the kernel as well`() async throws {
    try await withDaemon { network, daemon, router in
      let isReady = try await router.isAnswered(Self.staticTarget)
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

  /// Sends a question from a ring that the kernel shares (packet_mmap), whose frames it leaves
  /// where they are.
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
  @Test func `a router that probes its neighbors loses no ping and gets no error`() async throws {
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

  /// Pings each target twice a second for some seconds.
  ///
  /// ping(8) would tell the kernel of each reply, which has no cause to probe then.
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
}
