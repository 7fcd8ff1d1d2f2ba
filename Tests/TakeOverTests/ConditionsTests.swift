import ControlProtocol
import DaemonLog
import DaemonSupport
import Inspection
import LinuxNet
import NDPWire
import ProxyModel
import Testing

@testable import InterfaceSockets
@testable import ProxyEngine
@testable import TakeOver

/// An engine that takes every condition as it is told.
private final class FakeJudge: ConditionJudge {
  private(set) var told: [Ruleset.Condition: Bool] = [:]
  private(set) var conditionChangeCount: UInt64 = 0
  private(set) var settleCount = 0

  func take(_ event: Event) {
    guard case .condition(let condition, let holds) = event else { return }
    told[condition] = holds
    conditionChangeCount += 1
  }

  func settle() { settleCount += 1 }

  func conditionSummaries(limit: Int) -> [ConditionSummary] {
    told.prefix(limit).map { condition, holds in
      ConditionSummary(
        condition: condition, proxy: "eth0", rule: nil, isMet: holds, since: nil,
        heldBackUntil: nil)
    }
  }
}

/// What the rules require of a host that the test makes up.
struct ConditionsTests {
  private let test = TestLoop()
  private let log = Log(level: .notice, usesSystemLog: false)
  private let host = Host()
  private let judge = FakeJudge()
  private let conditions: Conditions

  init() {
    conditions = Conditions(host: host, loop: test.loop, log: log, judge: judge)
  }

  /// Requires these for the proxy.
  private func follow(_ required: [Ruleset.Condition]) throws {
    var ruleset = Ruleset([("eth0", .static)])
    ruleset.proxies[0].conditions = required
    try conditions.follow(ruleset)
  }

  private func tell(_ change: HostChange) {
    _ = host.table.apply(change)
    conditions.take(change)
  }

  @Test func `where routes cannot be read, that is tried again and ends nothing`() throws {
    #expect(conditions.nextDeadline == nil)
    let before = test.loop.now
    conditions.takeRoutes { () throws(SystemError) in
      throw SystemError("read routes from netlink", .noBufferSpace)
    }
    #expect(conditions.nextDeadline == before + .seconds(1))
    conditions.handleTimeout(now: before + .seconds(1))
    #expect(conditions.nextDeadline == nil)
  }

  @Test func `nothing is told before interfaces have been read, and then all`() throws {
    let link = Ruleset.Condition.link("eth1")
    try follow([link, .gate("a")])
    tell(.link(Link(3, "eth1")))
    #expect(judge.told.isEmpty)
    conditions.take(nil)
    #expect(judge.told == [link: true, .gate("a"): false])
    tell(.link(Link(3, "eth1", isUp: false)))
    #expect(judge.told[link] == false)
    let count = judge.conditionChangeCount
    tell(.link(Link(4, "eth2")))
    #expect(judge.conditionChangeCount == count)
  }

  @Test func `an address counts while an interface that is up has it`() throws {
    let address = IPv6Address("2001:db8::1")!
    try follow([.address(address)])
    conditions.take(nil)
    tell(.link(Link(3, "eth1")))
    #expect(judge.told == [.address(address): false])
    let change = LinkAddress(
      index: 3, address: address, prefixLength: 64, isTentative: false, isDeprecated: false)
    tell(.address(change))
    #expect(judge.told == [.address(address): true])
    tell(.addressRemoved(change))
    #expect(judge.told == [.address(address): false])
  }

  @Test func `a gate is off until it is set on, and stays on over a reload`() throws {
    try follow([.gate("a")])
    conditions.take(nil)
    #expect(judge.told == [.gate("a"): false])
    let report = try conditions.setGate("a", isOn: true)
    #expect(report.isOn && report.isChanged)
    #expect(try !conditions.setGate("a", isOn: true).isChanged)
    #expect(judge.told == [.gate("a"): true])
    try follow([.gate("a"), .gate("b")])
    #expect(judge.told == [.gate("a"): true, .gate("b"): false])
    try follow([.gate("b")])
    try follow([.gate("a")])
    #expect(judge.told[.gate("a")] == false)
  }

  @Test func `a gate that does not exist can only be off`() throws {
    try follow([.gate("a")])
    let failure = #expect(throws: RequestFailure.self) {
      try self.conditions.setGate("b", isOn: true)
    }
    #expect(failure?.code == .notFound)
    #expect(try !conditions.setGate("b", isOn: false).isChanged)
  }

  @Test func `who listens is called once for all that a turn has changed`() throws {
    var calls = 0
    conditions.whenChanged = { calls += 1 }
    try follow([.gate("a"), .gate("b")])
    conditions.take(nil)
    _ = try conditions.setGate("a", isOn: true)
    #expect(calls == 0)
    try test.turn()
    try test.turn()
    #expect(calls == 1)
  }
}
