import NDPWire
import NetworkLab

extension Row {
  /// H, L: what packet sockets do, and interfaces that are no Ethernet.
  static let socketLabs: [Row] = [
    Row(
      "L01", "frames of other interfaces are ignored, even at the start", "packet(7)", .must,
      .lab(playFloodAtStart)),
    Row(
      "L02", "solicitations of this host's kernel are not answered", "packet(7)", .must,
      .lab("L02", .alone) { lab in
        let target = lab.trial.target()
        _ = try await lab.proxy.result(of: ["ping", "-c", "1", "-W", "1", "\(target)"])
        let asked = try await lab.trial.questions(target, on: .up).count
        try require(asked > 0, "the kernel sent no solicitation")
        try require("answers", try await lab.trial.answers(target).count, is: 0)
      }),
    Row(
      "L03", "frames of absent VLANs and for other hosts are dropped", "packet(7)", .must,
      .silence(
        { $0.etherType = [0x81, 0, 0, 5, 0x86, 0xdd] },
        { $0.frameDestination = MACAddress(bits: 0x0200_0000_0099) })),
    Row(
      "L04", "a frame with a priority tag (VLAN 0) is accepted", "IEEE 802.1Q", .must,
      .script(.usual) { trial in
        // Without a kernel there is nobody who takes the tag off.
        guard trial.isLive else { return }
        var question = Stimulus(from: trial.station(), for: trial.target())
        question.etherType = [0x81, 0, 0x60, 0, 0x86, 0xdd]
        try await trial.expectAnswer(to: question)
      }),
    Row(
      "L05", "tagged frames are not answered on the parent interface", "IEEE 802.1Q", .must,
      .silence(
        { $0.etherType = [0x81, 0, 0, 5, 0x86, 0xdd] },
        { $0.etherType = [0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd] },
        { $0.etherType = [0x88, 0xa8, 0, 5, 0x86, 0xdd] })),
    Row(
      "L06", "a VLAN interface is served by its name", "IEEE 802.1Q", .recommended,
      .lab(playVLAN)),
    Row(
      "L07", "a checksum that is left to the hardware is accepted", "packet(7)", .recommended,
      .notRun("not implemented; partial checksums come only from peers on a tap device")),
    Row(
      "L13", "after kill -9 the interface keeps no setting of the daemon", "packet(7)", .must,
      .lab("L13", .alone) { lab in
        try await lab.requireAnswer(lab.trial.target(), "at first")
        lab.process.send(.kill)
        _ = try await lab.process.exitStatus(within: .seconds(20))
        let link = try await lab.proxy.run("ip", "-details", "link", "show", "dev", "up0")
        try require(link.contains(" allmulti 0 "), "all-multicast mode is left on")
      }),
    Row(
      "L14", "a burst is buffered, and losses are counted and logged", "packet(7)",
      .should, .lab("L14", .alone, only: .ndpproxy, playBurst)),
    Row(
      "L15", "CAP_NET_RAW is sufficient, and no other capability is kept", "ndpproxy(8) SECURITY",
      .should,
      .lab { program in
        if program == .ndppd { throw NotRun("it keeps all capabilities of root") }
        try await playLeastPrivilege(program)
        let lab = Check.labBody("L15", .alone) { lab in
          try await lab.requireAnswer(lab.trial.target(), "as root")
          try require("CapEff", try await lab.status("CapEff"), is: "0000000000002000")
        }
        try await lab(program)
      }),
    Row(
      "L16", "all groups are received on an interface that filters them", "packet(7)", .must,
      .lab("L16", .alone, prepare: makeFiltering) { lab in
        try await lab.restore(.up)
        try await lab.requireAnswer(lab.trial.target(), "on a macvlan")
        lab.process.send(.terminate)
        _ = try await lab.process.exitStatus(within: .seconds(20))
        let question = Stimulus(from: lab.trial.station(), for: lab.trial.target(1))
        try await lab.trial.send(question)
        try await lab.trial.settle()
        let hasArrived = try await lab.trial.subject.hasArrived(question.octets, on: .up)
        try require(!hasArrived, "the macvlan does not filter, so that this shows nothing")
      }),
    Row(
      "L17", "an interface without link-layer address cannot be a proxy interface",
      "ndpproxy(8) DESCRIPTION",
      .recommended,
      .lab("L17", .tunnelled, only: .ndpproxy, prepare: makeTunnel) { lab in
        let complaint = lab.process.lines.first {
          $0.hasPrefix("error: tun0: ")
        }
        try require(complaint != nil, "no error is logged: \(lab.process.lines)")
        // The proxy interface's alone: one that receives, one that sends.
        try require("sockets", try await lab.daemonSockets(), is: 2)
      }),
    Row(
      "H27", "auto: on a link without neighbor discovery, a route is sufficient",
      "ndpproxy.conf(5) auto",
      .recommended,
      .lab("H27", .tunnelled, only: .ndpproxy, prepare: makeTunnel) { lab in
        let routed = IPv6Address("2001:db8:5::7")!
        let asked = IPv6Address("2001:db8:6::7")!
        lab.trial.watch(routed, asked)
        try await lab.requireAnswer(routed, "by auto")
        try await lab.requireSilence(asked, "by iface")
      }),
  ]

  private static func playFloodAtStart(_ program: Program) async throws {
    let lab = try await LiveLab(.alone, rows: [])
    let subject = try LiveSubject(program.kind, in: lab, process: nil)
    let trial = Trial(on: subject, number: Row.number(of: "L01"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var round = 0
        while !Task.isCancelled {
          let question = Stimulus(from: trial.station(), for: trial.target(round % 16))
          try await trial.send(question, on: .down)
          try? await Task.sleep(for: .milliseconds(2))
          round += 1
        }
      }
      let configuration = Setup.alone.configuration
      try await lab.proxy.withDaemon(program.path, configuration: configuration) { daemon in
        try await trial.wait(.seconds(1))
        try require(daemon.process.status == nil, "the daemon has ended")
      }
      group.cancelAll()
      try await group.waitForAll()
    }
    for number in 0..<16 {
      let emitted = try await subject.emitted(about: [trial.target(number)])
      try require(emitted.isEmpty, "a response to a solicitation on another interface")
    }
  }

  private static func playBurst(_ lab: LabTrial) async throws {
    let burst = 15_000
    let socket = try lab.lab.peer.namespace.run { try RawSocket(interface: "up0") }
    lab.process.send(.suspend)
    let asker = lab.trial.station()
    for number in 0..<burst {
      let target = lab.trial.target(number % 0xff00)
      try socket.send(Stimulus(from: asker, for: target).octets)
      if number % 256 == 0 { await Task.yield() }
    }
    lab.process.send(.resume)
    let line = try await lab.process.line(containing: "faster than they could be taken")
    try require(line != nil, "the loss is not logged")
    // Whatever was in the queue comes before this.
    let known = lab.trial.target(0xff01)
    try await lab.requireAnswer(known, "after the burst")
    let controls = try await lab.trial.answers(known).count
    let counts = try await lab.finalCounts()
    let answered = count("answered", in: counts)
    let accounted = answered + count("overrun", in: counts)
    try require(
      burst + controls...burst + controls + 2 ~= accounted, "\(accounted) of \(burst) accounted for"
    )
    try require(answered >= 200, "only \(answered) answered")
  }

  private static func count(_ name: String, in counts: String) -> Int {
    let word = counts.split(separator: " ").first { $0.hasPrefix(name + "=") }
    return word.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
  }

  private static func playLeastPrivilege(_ program: Program) async throws {
    let lab = try await LiveLab(.alone, rows: [])
    // Without other privileges it may not open a file by way of our descriptors.
    let script = """
      file=$(mktemp); cat > $file <<'END'
      \(Setup.alone.configuration)
      END
      exec 3< $file; rm $file
      exec setpriv --inh-caps=-all --bounding-set=-all,+net_raw -- \
        sh -c 'grep CapEff /proc/self/status; exec \(try program.path) -v -c /proc/self/fd/3'
      """
    let command = ["sh", "-c", script]
    try await lab.proxy.withProcess(command) { process in
      let line = try await process.line(containing: "ready:")
      try require(line != nil, "not ready: \(process.lines)")
      let number = Row.number(of: "L15")
      let trial = Trial(
        on: try LiveSubject(.ndpproxy, in: lab, process: process), number: number)
      let own = LabTrial(
        lab: lab, program: program, process: process, configurationPath: "/proc/self/fd/3",
        setup: .alone, number: number, trial: trial)
      try await own.requireAnswer(trial.target(), "with CAP_NET_RAW alone")
      let rights = process.lines.first { $0.hasPrefix("CapEff:") } ?? ""
      try require(rights.hasSuffix("0000000000002000"), "other privileges: \(rights)")
      try require("CapEff", try await own.status("CapEff"), is: "0000000000002000")
      try await own.replace(.up)
      try await own.anew().requireAnswer(trial.target(), "on a new interface")
    }
  }

  private static func makeFiltering(_ node: Node) async throws {
    let setup = Setup.alone.addresses.filter { $0.side == .up }.map {
      "address add \($0.address.address)/\($0.address.prefix.length) dev up0 nodad\n"
    }
    let batch = """
      link set up0 down
      link set up0 name low0
      link set low0 address 02:00:00:00:ee:ee
      link set low0 up
      link add up0 link low0 address \(Side.up.linkLayerAddress) type macvlan mode private
      link set up0 up

      """
    try await node.run("ip", "-batch", "-", input: batch)
    try await node.run("ip", "-6", "-batch", "-", input: setup.joined())
  }

  private static func playVLAN(_ program: Program) async throws {
    let lab = try await LiveLab(.alone, rows: [])
    for node in [lab.proxy, lab.peer] {
      let batch = """
        link set up0 down
        link set up0 name trunk0
        link set trunk0 up
        link add link trunk0 name up0 type vlan id 7
        link set up0 up

        """
      do {
        try await node.run("ip", "-batch", "-", input: batch)
      } catch let failure as CommandFailure where failure.complaint.contains("nknown device type") {
        throw NotRun("this kernel has no 8021q (see docs/kernels.md)")
      }
    }
    let batch = Setup.alone.addresses.filter { $0.side == .up }.map {
      "address add \($0.address.address)/\($0.address.prefix.length) dev up0 nodad\n"
    }
    try await lab.proxy.run("ip", "-6", "-batch", "-", input: batch.joined())
    try await lab.introduce([Row.all[Row.number(of: "L06")]])
    let configuration = Setup.alone.configuration
    try await lab.proxy.withDaemon(program.path, configuration: configuration) { daemon in
      let number = Row.number(of: "L06")
      let trial = Trial(
        on: try LiveSubject(program.kind, in: lab, process: daemon.process), number: number)
      let own = LabTrial(
        lab: lab, program: program, process: daemon.process,
        configurationPath: daemon.configuration.path, setup: .alone, number: number, trial: trial)
      try await own.requireAnswer(trial.target(), "on a VLAN")
    }
  }

  private static func makeTunnel(_ node: Node) async throws {
    let made = try await node.result(of: ["ip", "tuntap", "add", "dev", "tun0", "mode", "tun"])
    guard made.status == .exited(0) else { throw NotRun("no tun: \(made.standardError)") }
    try await node.run("ip", "link", "set", "tun0", "up")
    try await node.run("ip", "-6", "route", "add", "2001:db8:5::/64", "dev", "tun0")
  }
}

extension Setup {
  /// Rules about a tunnel, and one on it.
  fileprivate static let tunnelled = Setup(
    "tunnelled",
    """
    proxy up0 {
      rule 2001:db8:5::/64 {
        auto
      }
      rule 2001:db8:6::/64 {
        iface tun0
      }
    }
    proxy tun0 {
      rule 2001:db8:7::/64 {
        static
      }
    }
    """)
}
