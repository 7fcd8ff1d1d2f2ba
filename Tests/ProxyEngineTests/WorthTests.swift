import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// Whose questions are followed where there are more than can be.
struct WorthTests {
  private static let inside = "2001:db8:1:0:ff::/80"

  private func target(_ number: UInt64) -> IPv6Address {
    IPv6Address(bits: ip("2001:db8:1:0:ff::").bits | UInt128(0x1_0000 + number))
  }

  /// Asks for so many other targets within a second, each from a link-layer address of its own.
  private func flood(
    _ gateway: inout Gateway, _ count: UInt64, from number: UInt64 = 0x10_0000,
    as identity: (IPv6Address, MACAddress)? = nil
  ) {
    for question in 0..<count {
      let station = identity?.1 ?? mac(number + question)
      let source =
        identity?.0 ?? IPv6Address(bits: ip("fe80::").bits | UInt128(number + question))
      _ = gateway.ask(
        solicitation(
          for: target(number + question), from: source, mac: station, answerTo: station))
      _ = gateway.wait(milliseconds: question % UInt64(max(1, count / 1000)) == 0 ? 1 : 0)
    }
  }

  /// Whether the router's question for a target makes us ask for it, in up to three tries.
  private func tries(_ gateway: inout Gateway, for target: IPv6Address) -> Int? {
    for attempt in 1...3 {
      if gateway.ask(solicitation(for: target)).contains(probe(for: target)) { return attempt }
      flood(&gateway, 2000, from: 0x20_0000 + UInt64(attempt) * 0x1_0000)
    }
    return nil
  }

  @Test func `a router that asks again is heard among ten thousand stations`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    flood(&gateway, 4000)
    let attempt = tries(&gateway, for: member)
    #expect(attempt == 2)
  }

  @Test func `one that the kernel knows is heard at once`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: routerMAC, age: .zero)
    _ = gateway.handle(.neighbor(known, of: router, on: Gateway.eth0))
    flood(&gateway, 4000)
    let attempt = tries(&gateway, for: member)
    #expect(attempt == 1)
  }

  @Test func `whoever forges the router's link-layer address alone is a stranger`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: routerMAC, age: .zero)
    _ = gateway.handle(.neighbor(known, of: router, on: Gateway.eth0))
    flood(&gateway, 4000, as: (ip("fe80::bad"), routerMAC))
    let attempt = tries(&gateway, for: member)
    #expect(attempt == 1)
  }

  @Test func `who forges both addresses is outdone by whoever asks again`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: routerMAC, age: .zero)
    _ = gateway.handle(.neighbor(known, of: router, on: Gateway.eth0))
    flood(&gateway, 4000, as: (router, routerMAC))
    let first = gateway.ask(solicitation())
    flood(&gateway, 1000, from: 0x30_0000, as: (router, routerMAC))
    let second = gateway.ask(solicitation())
    #expect((first + second).contains(probe()))
  }

  @Test func `a default router stays known however many others are confirmed`() {
    var known = Acquaintances()
    let entry = CachedNeighbor(
      state: .stale, linkLayerAddress: routerMAC, age: .zero, isRouter: true)
    known.update(entry, of: router, on: Gateway.eth0)
    for number in 0..<1000 as Range<UInt64> {
      let other = CachedNeighbor(state: .reachable, linkLayerAddress: mac(number), age: .zero)
      known.update(
        other, of: IPv6Address(bits: ip("fe80::1:0").bits | UInt128(number)), on: Gateway.eth0)
    }
    #expect(known.contains(router, routerMAC, on: Gateway.eth0))
    #expect(known.contains(ip("fe80::1:3e7"), mac(999), on: Gateway.eth0))
    #expect(!known.contains(ip("fe80::1:0"), mac(0), on: Gateway.eth0))
    #expect(!known.contains(router, mac(1), on: Gateway.eth0))
    #expect(!known.contains(router, routerMAC, on: Gateway.zt0))
    known.update(nil, of: router, on: Gateway.eth0)
    #expect(!known.contains(router, routerMAC, on: Gateway.eth0))
  }

  @Test(
    arguments: [
      (0, false), (300, false), (600, true), (1000, true), (3300, true), (4000, false),
    ] as [(UInt64, Bool)])
  func `a question is put again where a router would`(pause: UInt64, isRepeated: Bool) {
    var refused = RefusedQuestions()
    let start = Instant(nanoseconds: 1_000_000_000_000)
    let first = refused.isRepeated(0x1234_5678_9abc_def0, now: start)
    let second = refused.isRepeated(
      0x1234_5678_9abc_def0, now: start + .milliseconds(Int64(pause)))
    let other = refused.isRepeated(0x4321_5678_9abc_def0, now: start + .seconds(1))
    #expect(!first && !other)
    #expect(second == isRepeated)
  }

  @Test(arguments: [2_000, 10_000])
  func `a question is known again although others were refused meanwhile`(others: UInt64) {
    var refused = RefusedQuestions()
    var (again, mistaken) = (0, 0)
    for second in 0..<40 as Range<UInt64> {
      let start = Instant(nanoseconds: 1_000_000_000_000) + .seconds(Int64(second) * 2)
      let hash = RandomSequence.mixed(second)
      _ = refused.isRepeated(hash, now: start)
      for other in 0..<others {
        let isKnown = refused.isRepeated(
          RandomSequence.mixed(second << 32 | 1 << 31 | other),
          now: start + .microseconds(Int64(other * 1_000_000 / others)))
        mistaken += isKnown ? 1 : 0
      }
      again += refused.isRepeated(hash, now: start + .seconds(1)) ? 1 : 0
    }
    #expect(again >= (others == 2_000 ? 39 : 26), "of 40")
    #expect(mistaken <= Int(others) * 40 / 100, "of \(others * 40)")
  }

  // MARK: - Those who wait

  @Test func `strangers who wait for a target do not drive the router out`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    _ = gateway.ask(solicitation())
    for number in 0..<20 as Range<UInt64> {
      let station = mac(0x10_0000 + number)
      _ = gateway.ask(
        solicitation(from: ip("fe80::bad"), mac: station, answerTo: station))
    }
    #expect(gateway.answer(advertisement()).contains(answer()))
  }

  @Test func `the router gets the place of a stranger`() {
    var gateway = Gateway((Self.inside, .interface("zt0")))
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: routerMAC, age: .zero)
    _ = gateway.handle(.neighbor(known, of: router, on: Gateway.eth0))
    for number in 0..<20 as Range<UInt64> {
      let station = mac(0x10_0000 + number)
      _ = gateway.ask(
        solicitation(from: ip("fe80::bad"), mac: station, answerTo: station))
    }
    _ = gateway.ask(solicitation())
    #expect(gateway.answer(advertisement()).contains(answer()))
  }

  // MARK: - Those who wait while others ask all the time

  /// How the router, whose first question comes at some time of the rush, is treated.
  private func isAnswered(
    _ gateway: inout Gateway, routerAsksAt start: Int, answerDelay: Int, isOverride: Bool
  ) -> Bool {
    var due: [Int] = []
    for instant in 0..<start + 3000 {
      var actions = gateway.wait(milliseconds: 1)
      for number in 0..<8 where instant % 50 == number * 6 {
        let station = mac(0x10_0000 + UInt64(number))
        actions += gateway.ask(
          solicitation(
            from: IPv6Address(bits: ip("fe80::").bits | UInt128(number + 1)), mac: station,
            answerTo: station))
      }
      if instant >= start, (instant - start) % 1000 == 0 { actions += gateway.ask(solicitation()) }
      while let first = due.first, first <= instant {
        due.removeFirst()
        actions += gateway.answer(advertisement(isOverride: isOverride))
      }
      if instant >= start, actions.contains(answer()) { return true }
      if actions.contains(probe()) || actions.contains(unicastProbe()) {
        due.append(instant + answerDelay)
      }
    }
    return false
  }

  @Test(arguments: [60, 200, 400], [true, false])
  func `a router is answered while eight stations ask all the time`(
    answerDelay: Int, isOverride: Bool
  ) {
    let known = CachedNeighbor(state: .reachable, linkLayerAddress: routerMAC, age: .zero)
    let failures = stride(from: 1, to: 3000, by: 29).filter { start in
      var gateway = Gateway((Self.inside, .interface("zt0")))
      _ = gateway.handle(.neighbor(known, of: router, on: Gateway.eth0))
      return !isAnswered(
        &gateway, routerAsksAt: start, answerDelay: answerDelay, isOverride: isOverride)
    }
    #expect(failures == [])
  }

  // MARK: - Those who are spoken for by others

  @Test func `hearsay is asked for within the limit`() {
    var limits = Limits()
    limits.sessions = 8192
    var gateway = Gateway((Self.inside, .interface("zt0")), limits: limits)
    // As many targets as the limit allows are known by the word of a proxy.
    for number in 0..<2000 as Range<UInt64> {
      let actions = gateway.ask(solicitation(for: target(number)))
      if actions.contains(probe(for: target(number))) {
        _ = gateway.answer(
          advertisement(of: target(number), isOverride: false, linkLayerAddress: mac(0xcc)))
      }
      _ = gateway.wait(milliseconds: 5)
    }
    _ = gateway.wait(milliseconds: 2000)
    var questions = 0
    for number in 0..<7500 as Range<UInt64> {
      for case .solicit(let frame, _) in gateway.ask(solicitation(for: target(number % 2000)))
      where frame.destination.isMulticast {
        questions += 1
      }
      if number % 8 == 7 { questions += multicasts(gateway.wait(milliseconds: 1)) }
    }
    #expect(questions <= limits.solicitationsPerSecond)
  }

  private func multicasts(_ actions: [Action]) -> Int {
    actions.count { action in
      if case .solicit(let frame, _) = action { return frame.destination.isMulticast }
      return false
    }
  }
}
