import NDPWire
import NetworkLab

extension Row {
  /// H, L, I: interfaces that go, come and change under a running daemon.
  static let interfaceLabs: [Row] = [
    Row(
      "H28", "a rule interface may go down, disappear and come back", "ndpproxy(8) DESCRIPTION",
      .robustness,
      .lab("H28", .asking, only: .ndpproxy, playRuleInterface)),
    Row(
      "L09", "a frame that cannot be sent is not a fatal error", "packet(7)", .robustness,
      .lab("L09", .alone, playFullQueue)),
    Row(
      "L10", "an interface that goes down and up is served as before", "packet(7)", .robustness,
      .lab("L10", .alone) { lab in
        let target = lab.trial.target()
        try await lab.requireAnswer(target, "at first")
        try await lab.proxy.run("ip", "link", "set", "up0", "down")
        try await lab.proxy.run("ip", "link", "set", "up0", "up")
        try await lab.restore(.up)
        try await lab.anew().requireAnswer(target, "after down and up")
        try lab.requireLife("after down and up")
      }),
    Row(
      "L11", "rules refer to the name: a renamed interface is another one",
      "ndpproxy.conf(5) GRAMMAR",
      .recommended,
      .lab("L11", .alone) { lab in
        let target = lab.trial.target()
        try await lab.rename("up0", to: "away0")
        try await lab.restore(.up, as: "away0")
        try await lab.requireSilence(target, "under another name")
        try await lab.rename("away0", to: "up0")
        try await lab.restore(.up)
        try await lab.anew().requireAnswer(target, "under the old name")
      }),
    Row(
      "L12", "an interface that is deleted and created again is served", "packet(7)", .robustness,
      .lab("L12", .alone, only: .ndpproxy) { lab in
        let target = lab.trial.target()
        try await lab.requireAnswer(target, "at first")
        try await lab.replace(.up)
        try await lab.anew().requireAnswer(target, "on the new interface")
      }),
    Row(
      "L18", "the MTU of the interface does not matter", "RFC 2464 §2", .robustness,
      .lab("L18", .alone) { lab in
        for mtu in ["1280", "9000"] {
          try await lab.proxy.run("ip", "link", "set", "up0", "mtu", mtu)
          let target = lab.trial.target(Int(mtu)!)
          try await lab.requireAnswer(target, "with MTU \(mtu)")
          let length = try await lab.trial.answers(target)[0].octets.count
          try require("bytes", length, is: 86)
        }
      }),
    Row(
      "I01", "no unsolicited message is sent", "RFC 4861 §7.2.6", .may,
      .lab("I01", .usual) { lab in
        try await lab.requireAnswer(lab.trial.target(), "at first")
        lab.process.send(.terminalClosed)
        try await lab.trial.wait(.seconds(2))
        let count = try await lab.unsolicited().count
        try require("unsolicited messages", count, is: 0)
      }),
    Row(
      "I02", "announcements after a change of address are limited", "RFC 4861 §7.2.6", .must,
      deviation: "none are sent: neighbors solicit again by themselves",
      .lab("I02", .alone) { lab in
        try await lab.requireAnswer(lab.trial.target(), "at first")
        try await lab.proxy.run("ip", "link", "set", "up0", "address", "02:00:00:00:77:77")
        try await lab.trial.wait(.seconds(2))
        let count = try await lab.unsolicited().count
        try require("unsolicited messages", count, is: 0)
      }),
    Row(
      "I05", "a prefix is never announced", "RFC 4861 §7.2.6", .recommended,
      .lab("I05", .alone) { lab in
        try await lab.proxy.run("ip", "link", "set", "up0", "down")
        try await lab.proxy.run("ip", "link", "set", "up0", "up")
        try await lab.restore(.up)
        let lab = try lab.anew()
        try await lab.requireAnswer(lab.trial.target(), "after down and up")
        try await lab.trial.wait(.seconds(1))
        let count = try await lab.unsolicited().count
        try require("unsolicited messages", count, is: 0)
      }),
  ]

  private static let playRuleInterface: @Sendable (LabTrial) async throws -> Void = { lab in
    try await lab.trial.confirm(lab.trial.verified())
    try await lab.proxy.run("ip", "link", "set", "dn0", "down")
    try await lab.requireLoss("while dn0 is down")
    try await lab.proxy.run("ip", "link", "set", "dn0", "up")
    try await lab.restore(.down)
    try await lab.anew().requireVerification("after dn0 was down")
    try await lab.proxy.run("ip", "link", "delete", "dn0")
    try await lab.requireLoss("without dn0")
    try await lab.replace(.down, isThere: false)
    try await lab.anew().requireVerification("on a new dn0")
    try lab.requireLife("in the end")
  }

  private static let playFullQueue: @Sendable (LabTrial) async throws -> Void = { lab in
    let target = lab.trial.target()
    try await lab.requireAnswer(target, "at first")
    let noRoom = ["root", "handle", "9:", "bfifo", "limit", "1"]
    let result = try await lab.proxy.result(
      of: ["tc", "qdisc", "replace", "dev", "up0"] + noRoom)
    guard result.status == .exited(0) else {
      throw NotRun("this kernel has no queue that can be full: \(result.standardError)")
    }
    try await lab.requireSilence(target, "through a full queue")
    try await lab.proxy.run("tc", "qdisc", "delete", "dev", "up0", "root")
    try await lab.requireAnswer(target, "when there is room again")
    try lab.requireLife("after a full queue")
    guard lab.program == .ndpproxy else { return }
    let counts = try await lab.finalCounts()
    try require(!counts.contains("unsent=0"), "losses are not counted: \(counts)")
  }
}

extension LabTrial {
  /// Gives an interface another name.
  fileprivate func rename(_ name: String, to other: String) async throws {
    try await proxy.run("ip", "link", "set", name, "down")
    try await proxy.run("ip", "link", "set", name, "name", other)
    try await proxy.run("ip", "link", "set", other, "up")
  }

  /// Gives the interface of a side its addresses under another name.
  fileprivate func restore(_ side: Side, as name: String) async throws {
    for address in setup.addresses where address.side == side {
      let words = "\(address.address.address)/\(address.address.prefix.length)"
      try await proxy.run("ip", "-6", "address", "replace", words, "dev", name, "nodad")
    }
  }

  /// Puts a new cable in place of an old one.
  func replace(_ side: Side, isThere: Bool = true) async throws {
    let name = side.rawValue
    if isThere { try await proxy.run("ip", "link", "delete", name) }
    let batch = """
      link add \(name) address \(side.linkLayerAddress) type veth \
      peer name \(name) netns \(lab.peer.namespace.path)
      link set \(name) up

      """
    try await proxy.run("ip", "-batch", "-", input: batch)
    try await lab.peer.run("ip", "link", "set", name, "up")
    try await restore(side)
  }

  /// Throws if a target is answered for that cannot be asked for any more.
  fileprivate func requireLoss(_ when: String) async throws {
    // Netlink tells the daemon, a moment later on a busy machine.
    try await trial.wait(.milliseconds(300))
    try await requireSilence(trial.verified(), when)
    try requireLife(when)
  }

  /// Throws unless a target is asked for and answered.
  fileprivate func requireVerification(_ when: String) async throws {
    let target = trial.verified()
    for _ in 0..<10 {
      try await trial.ask(target)
      try? await trial.awaitQuestions(target, within: .milliseconds(500))
      if try await !trial.questions(target).isEmpty { break }
    }
    try require(try await !trial.questions(target).isEmpty, "no probe \(when)")
    try await trial.send(trial.claim(target).octets, on: .down)
    try await requireAnswer(target, when)
  }

  /// The daemon's advertisements that answer nobody.
  fileprivate func unsolicited() async throws -> [EmittedFrame] {
    let targets = Set((0..<16).map { trial.target($0) })
    return try await trial.subject.emitted(about: targets.union([.allNodes])).filter {
      guard let message = $0.message, message[0] == 136 else { return false }
      return message[4] & 0x40 == 0
    }
  }
}
