import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// How fast a real daemon announces what a real router has asked for before.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct AnnouncementRateTests {
  private static let settings = """
    proxy eth0 {
      require address fe80::5:1
      rule \(FoundingNetwork.insidePrefix) {
        static
      }
    }
    """

  /// 10,000 with `NDPPROXY_ANNOUNCED=10000`; it takes half a minute then.
  private static let count =
    CurrentProcess.environment("NDPPROXY_ANNOUNCED").flatMap(Int.init) ?? 1000
  private static let rate = 500

  private static func target(_ number: Int) -> IPv6Address {
    IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | UInt128(0x1_0000 + number))
  }

  @Test func `the newest come first, and no second has more than the rate`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: Self.settings) { _ in
      let router = try await Questioner(network.router)
      for number in 0..<Self.count {
        router.ask(for: Self.target(number))
        if number.isMultiple(of: 50) { try await Task.sleep(for: .milliseconds(5)) }
      }
      try await Task.sleep(for: .milliseconds(300))
      try await takeOver(network)
    }
  }

  private func takeOver(_ network: FoundingNetwork) async throws {
    var wire = try network.router.capture(
      on: "up0", filter: "icmp6 and ip6[40] == 136 and ether dst 33:33:00:00:00:01")
    try await network.gateway.run("ip", "address", "add", "fe80::5:1/64", "dev", "eth0", "nodad")
    let patience = Duration.milliseconds(1500 + 1000 * Self.count / Self.rate)
    let end = ContinuousClock.now + patience
    var seen: [(at: Duration, target: IPv6Address)] = []
    while ContinuousClock.now < end {
      while let captured = try wire.next() {
        guard case .advertisement(let frame)? = try? captured.decoded() else { continue }
        seen.append((captured.timestamp, frame.message.target))
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    let newest = (0..<Self.count).reversed().map { Self.target($0) }
    #expect(Array(seen.prefix(Self.count).map(\.target)) == newest)
    guard let start = seen.first?.at, seen.count >= Self.count else { return }
    // The timer of a busy machine may be late, and one batch is made up for.
    let first = seen.prefix { $0.at - start < .milliseconds(1100) }.count
    #expect(first >= Self.rate * 9 / 10)
    let last = seen[Self.count - 1].at - start
    #expect(last < .seconds(30))
    for (place, one) in seen.enumerated() where place >= Self.rate + 20 {
      #expect(one.at - seen[place - Self.rate - 20].at >= .milliseconds(980))
    }
  }
}
