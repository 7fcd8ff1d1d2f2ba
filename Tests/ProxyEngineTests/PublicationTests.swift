import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Known targets that are answered for elsewhere, where the engine does not see who asks.
struct PublicationTests {
  private static func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(number + 0x1000))
  }

  /// A gateway that knows as many targets as it has room for, all of them published.
  private static func fullGateway(_ count: Int) -> Gateway {
    var limits = Limits()
    limits.sessions = count
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

  @Test func `what was asked for elsewhere makes no room`() throws {
    var gateway = Self.fullGateway(3)
    // The one that was asked for first seems to be the oldest.
    #expect(withdrawn(gateway.ask(solicitation())) == Self.target(0))
    _ = gateway.wait(milliseconds: 1)
    let kept = gateway.handle(
      .usage(AnswerUsage(asked: gateway.now, count: 5), of: Self.target(0), on: Gateway.eth0))
    #expect(
      kept.contains { if case .publish(Self.target(0), _, _, _) = $0 { true } else { false } })
    #expect(gateway.engine.sessionCount == 3)
    // Who asks again has the next one looked at, which nobody asked for.
    #expect(withdrawn(gateway.ask(solicitation())) == Self.target(1))
    _ = gateway.handle(.usage(nil, of: Self.target(1), on: Gateway.eth0))
    #expect(gateway.engine.sessionCount == 2 && gateway.engine.counters.sessionsEvicted == 1)
    #expect(gateway.ask(solicitation()).contains(probe()))
    #expect(gateway.ask(solicitation(for: Self.target(0))) == [answer(for: Self.target(0))])
    #expect(gateway.ask(solicitation(for: Self.target(2))) == [answer(for: Self.target(2))])
  }
}
