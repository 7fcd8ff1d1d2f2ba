import NDPWire
import ProxyModel
import Testing

@testable import ProxyEngine

/// Known targets that are answered for elsewhere, where the engine does not see who asks.
struct PublicationTests {
  private static func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(number + 0x1000))
  }

  /// A gateway that knows as many targets as it has room for, all of them published.
  private static func fullGateway(_ count: Int) -> Gateway {
    var limits = Limits()
    limits.sessions = count
    limits.solicitationsPerSecond = 100_000
    var gateway = Gateway(("2001:db8:1:0:ff::/80", .interface("zt0")), limits: limits)
    var actions: [Action] = []
    gateway.engine.setPublishing(true, into: &actions)
    for number in 0..<count {
      _ = gateway.ask(solicitation(for: target(number)))
      actions += gateway.answer(advertisement(of: target(number)))
      _ = gateway.wait(milliseconds: 1)
    }
    #expect(actions.count { if case .publish = $0 { true } else { false } } == count)
    return gateway
  }

  /// The target that is no longer to be answered for elsewhere.
  private func withdrawn(_ actions: [Action]) -> IPv6Address? {
    for case .withdraw(let target, on: _) in actions { return target }
    return nil
  }

  private func isPublished(_ target: IPv6Address, by actions: [Action]) -> Bool {
    actions.contains {
      if case .publish(target, _, _, _) = $0 { true } else { false }
    }
  }

  @Test func `what was asked for elsewhere makes no room`() {
    var gateway = Self.fullGateway(32)
    // The one that was asked for first seems to be the oldest. The newcomer need not wait for that.
    let actions = gateway.ask(solicitation())
    #expect(withdrawn(actions) == Self.target(0) && actions.contains(probe()))
    _ = gateway.wait(milliseconds: 1)
    let kept = gateway.handle(
      .usage(AnswerUsage(asked: gateway.now, count: 5), of: Self.target(0), on: Gateway.eth0))
    #expect(isPublished(Self.target(0), by: kept))
    // The next one is looked at, which nobody asked for.
    #expect(withdrawn(kept) == Self.target(1))
    _ = gateway.handle(.usage(nil, of: Self.target(1), on: Gateway.eth0))
    #expect(gateway.engine.sessionCount == 32 && gateway.engine.counters.sessionsEvicted == 1)
    #expect(gateway.answer(advertisement()).contains(answer()))
    for kept in [0, 2, 31] {
      #expect(
        gateway.ask(solicitation(for: Self.target(kept))) == [answer(for: Self.target(kept))])
    }
  }

  /// Does what the engine wants of those who answer elsewhere: each target was asked for just now.
  private func answerUsage(_ actions: [Action], _ gateway: inout Gateway) {
    var targets = actions.compactMap { action -> IPv6Address? in
      if case .withdraw(let target, _) = action { target } else { nil }
    }
    while let target = targets.popLast() {
      let next = gateway.handle(
        .usage(AnswerUsage(asked: gateway.now, count: 1), of: target, on: Gateway.eth0))
      targets += withdrawn(next).map { [$0] } ?? []
    }
  }

  @Test(arguments: [false, true])
  func `newcomers have room although all others are asked for all the time`(isLate: Bool) {
    let limit = 256
    var gateway = Self.fullGateway(limit)
    var waiting: [Action] = []
    var most = 0
    for number in 1...1000 {
      let newcomer = Self.target(0x1000 + number)
      let actions = gateway.ask(solicitation(for: newcomer))
      #expect(actions.contains(probe(for: newcomer)))
      waiting += actions
      // What the kernel says may come after further questions.
      if !isLate || number % 100 == 0 {
        answerUsage(waiting, &gateway)
        waiting = []
      }
      #expect(gateway.answer(advertisement(of: newcomer)).contains(answer(for: newcomer)))
      most = max(most, gateway.engine.sessionCount)
      _ = gateway.wait(milliseconds: 1)
    }
    #expect(most <= limit + (isLate ? Limits.leavingSessions : 0))
    #expect(gateway.engine.sessionCount == limit)
    #expect(gateway.engine.counters[.sessionLimit] == 0)
  }
}
