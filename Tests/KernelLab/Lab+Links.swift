import Conformance
import InterfaceEvents
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Scenarios

extension Lab {
  /// What is true of links that a plain cable has not.
  static let links = [
    Lab("VLAN", "frames of an absent VLAN are not answered", { try await tryAbsentVLAN() }),
    Lab("VRF", "autowire puts routes where packets look for them", { try await tryWiring() }),
    Lab("kernel path", "the kernel answers, and what it keeps is removed") {
      try await tryKernelPath()
    },
    Lab("ipvlan", "a proxy interface hears multicast alone", { try await tryOuterIPVLAN() }),
  ]

  /// The rows that are not run where the kernel lacks a module, and their neighbors.
  static let rows = Row.all.filter(\.isAboutSockets).map { row in
    Lab("conformance", "row \(row.id), \(row.requirement)") {
      let path = row.testsPacketSockets ? "no" : Daemon.kernelPath
      let attempts = await Daemon.$kernelPath.withValue(path) {
        await LiveRun.attemptsOfOurs([row])
      }
      for (id, what) in attempts.repeated { say("\(id) was tried twice; at first: \(what)") }
      switch attempts.outcomes[row.id] {
      case .pass?: return
      case .differs(let what)?: throw Mismatch(what)
      case .notRun(let reason)?: throw NotRun(reason)
      case nil: throw NotRun("not about a daemon")
      }
    }
  }

  /// Answers come again within a second, whatever happens to such an interface.
  static let events = InterfaceEvent.ofOtherKinds.map { event in
    Lab("interface events", "\(event)") {
      let ours = try await event.play(on: .ndpproxy)
      let theirs = try await event.play(on: .ndppd)
      say(
        """
        \(event): ndpproxy answers again \(ours.resumed), \
        ndppd \(theirs.end ?? "\(theirs.resumed)")
        """)
      let faults = ours.faults(at: event)
      try require(faults.isEmpty, "\(faults)")
    }
  }

  /// A gateway in VLAN 7 hears nothing of VLAN 8, whose frames pass its trunk.
  ///
  /// `PLANT=absent-vlan` has the gateway's kernel take VLAN 8 for VLAN 7: then this has to fail.
  private static func tryAbsentVLAN() async throws {
    let network = try await Layout.vlan.network()
    if CurrentProcess.environment("PLANT") == "absent-vlan" {
      try await network.gateway.run("tc", "qdisc", "add", "dev", "trunk0", "clsact")
      try await network.gateway.run(
        "tc", "filter", "add", "dev", "trunk0", "ingress", "protocol", "802.1q", "flower",
        "vlan_id", "8", "action", "vlan", "modify", "id", "7")
    }
    try await network.router.batch(
      "link add link trunk0 name up8 type vlan id 8", "link set up8 up")
    let target = FoundingNetwork.memberAddress(0)
    let question = Question(for: target)
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"),
      configuration: Scenario.configuration("static")
        + Scenario.configuration("static").replacing("eth0", with: "trunk0")
    ) { daemon in
      var capture = try network.router.capture(on: "up8")
      var ownVLAN = try network.router.capture(on: "up0")
      let sender = try await network.router.sender(on: "up8")
      for _ in 0..<5 {
        sender.enqueue { question.frame.encode(into: &$0) }
        sender.flush()
        try await Task.sleep(for: .milliseconds(100))
      }
      var asked = 0
      while let captured = try capture.next() {
        guard let frame = try? captured.decoded() else { continue }
        switch frame {
        case .solicitation(let frame): if frame == question.frame { asked += 1 }
        case .advertisement(let frame):
          try require(frame.message.target != target, "an answer to VLAN 8")
        }
      }
      try require(asked > 0, "the questions were not sent")
      let strayed = try ownVLAN.messages(about: target)
      try require(strayed.isEmpty, "an answer to VLAN 8, in VLAN 7")
      // The same router is answered in its own VLAN.
      let seen = try await RealStage(network).ask(question, awaiting: 1)
      try require(seen[0].count == 1, "no answer in VLAN 7: \(daemon.process.lines)")
    }
  }

  /// Nothing but the host route leads to the member.
  private static func tryWiring() async throws {
    let network = try await Layout.vrf.network()
    try await network.gateway.batch(
      "route delete \(FoundingNetwork.insidePrefix) dev zt0 vrf red")
    let configuration = """
      proxy eth0 {
        autowire yes
        rule \(FoundingNetwork.insidePrefix) {
          iface zt0
        }
      }

      """
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: configuration
    ) { daemon in
      let target = FoundingNetwork.memberAddress(0)
      let report = try await network.router.ping(target, count: 5, within: .seconds(5))
      let routes = try await network.gateway.run("ip", "-6", "route", "show", "table", "all")
      let ours = routes.split(separator: "\n").filter { $0.contains("112") }
      try require(report.received > 0, "no reply; routes \(ours); \(daemon.process.lines)")
      daemon.process.send(.terminate)
      _ = try await daemon.process.exitStatus(within: .seconds(20))
      let left = try await network.gateway.run("ip", "-6", "route", "show", "table", "all")
      try require(!left.contains("\(target)"), "a route is left behind: \(left)")
    }
  }

  /// Where there is no TCX, a filter of traffic control: it goes with the daemon, and stays where
  /// that is killed, until the next one has taken its place.
  private static func tryKernelPath() async throws {
    let network = try await Layout.plain.network()
    let gateway = network.gateway
    let configuration = "kernel-path yes\n" + Scenario.configuration("static")
    let program = try Host.programBeside("ndpproxy")
    func filters() async throws -> Bool {
      let text = try await gateway.run("tc", "filter", "show", "dev", "eth0", "ingress")
      return text.contains("ndpproxy")
    }
    let question = Question(for: FoundingNetwork.memberAddress(0))
    var hasFilter = false
    for isKilled in [false, true, false] {
      try await gateway.withDaemon(program, configuration: configuration, readyAt: "ready:") {
        daemon in
        daemon.process.send(.suspend)
        let stage = try await RealStage(network)
        let seen = try await stage.ask(question, awaiting: 1)
        try require(seen.first == [question.answer], "not by the kernel: \(daemon.process.lines)")
        hasFilter = try await filters()
        daemon.process.send(.resume)
        daemon.process.send(isKilled ? .kill : .terminate)
        let status = try await daemon.process.exitStatus(within: .seconds(20))
        let last = daemon.process.lines.suffix(2)
        say("kernel path: killed \(isKilled): \(status.map { "\($0)" } ?? "-") \(last)")
      }
      let isLeft = try await filters()
      try require(isLeft == (hasFilter && isKilled), "killed \(isKilled), left \(isLeft)")
      if !isKilled { continue }
      // It would go on answering by the rules of a process that is gone. Another daemon's stays.
      let second = Scenario.configuration("static").replacing("eth0", with: "zt0")
      for path in ["auto", "no"] {
        try await gateway.withDaemon(
          program, configuration: "kernel-path \(path)\n\(second)", readyAt: "ready:"
        ) { _ in
          let isLeft = try await filters()
          try require(!isLeft, "kernel-path \(path) has left the filter of a killed process")
        }
      }
      let first = "kernel-path yes\n" + Scenario.configuration("static")
      try await gateway.withDaemon(program, configuration: first, readyAt: "ready:") { _ in
        try await gateway.withDaemon(
          program, configuration: "kernel-path no\n\(second)", readyAt: "ready:"
        ) { _ in
          let isThere = try await filters()
          try require(isThere == hasFilter, "a second daemon has removed the first one's filter")
        }
      }
    }
    // It is attached before the pid file is made.
    let file = try AnonymousFile(containing: configuration)
    let refused = try await gateway.result(
      of: [program, "-c", file.path, "-S", "off", "-p", file.path])
    try require(refused.status == .exited(73), "pid file: \(refused.standardError)")
    let isLeft = try await filters()
    try require(!isLeft, "a daemon that did not start has left its filter")
    say("kernel path: \(hasFilter ? "a filter of traffic control" : "TCX")")
  }

  /// An ipvlan is given only what is for its own addresses, and multicast.
  private static func tryOuterIPVLAN() async throws {
    let network = try await FoundingNetwork(routers: 2) { network in
      try await network.gateway.batch(
        "link set eth0 name low0", "link set low0 up",
        "link add eth0 link low0 type ipvlan mode l2")
    }
    try await network.gateway.withDaemon(
      try Host.programBeside("ndpproxy"), configuration: Scenario.configuration("static")
    ) { _ in
      let stage = try await RealStage(network)
      let question = Question(for: FoundingNetwork.memberAddress(0))
      let seen = try await stage.ask(question, awaiting: 1)
      try require(seen == [[question.answer], []], "seen \(seen)")
      let unicast = Question(for: FoundingNetwork.memberAddress(0), isUnicast: true)
      let unheard = try await stage.ask(unicast, awaiting: 0)
      try require(unheard == [[], []], "unicast arrives: then docs/kernels.md is wrong")
    }
  }
}

extension Row {
  /// Whether it is about what packet sockets do, and can be tried on a daemon.
  fileprivate var isAboutSockets: Bool {
    switch check {
    case .notRun, .inside: false
    case .script, .lab, .insideAndLab: id.hasPrefix("L") || id == "H27"
    }
  }
}
