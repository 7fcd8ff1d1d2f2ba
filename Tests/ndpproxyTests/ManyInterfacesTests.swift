import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

extension TimedTests {
  /// A rule whose pattern matches very many interfaces.
  @Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
  struct ManyInterfacesTests {
    private static let count = 200
    private static let target = FoundingNetwork.memberAddress(0x100)
    /// How many strangers a second one station asks for.
    ///
    /// Each is asked for on all interfaces, a third of them at a time: 2000 frames a second, which
    /// an unoptimized daemon on a busy machine can send.
    private static let strangersPerSecond = 10

    @Test func `a target on the last of them is found while strangers are asked for`() async throws
    {
      let network = try await FoundingNetwork(routers: 2, members: 1)
      let gateway = network.gateway
      let hosts = try await addInterfaces(to: gateway)
      let configuration = configuration("iface h*")
      try await gateway.withDaemon(ndpproxy, configuration: configuration) { daemon in
        let router = try await Questioner(network.router)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await scan(from: network.routers[1]) }
          try await Task.sleep(for: .seconds(1))
          // So often a router asks, and so long it waits (RFC 4861 §7.2.2).
          var answer: Exchange?
          for _ in 0..<3 where answer == nil {
            answer = try await router.answer(about: Self.target, within: .seconds(1))
          }
          #expect(answer != nil, "\(daemon.process.lines)")
          group.cancelAll()
          try await group.waitForAll()
        }
        let counters = try await gateway.counters(of: daemon)
        // One question for each of some strangers at the least.
        #expect(counters.total.asked > UInt64(Self.count))
        #expect(daemon.process.status == nil)
      }
      withExtendedLifetime(hosts) {}
    }

    /// Asks for addresses that nobody has, until cancelled.
    private func scan(from node: Node) async throws {
      let scanner = try await Questioner(node, as: FoundingNetwork.routerLinkLayerAddress(1))
      let start = ContinuousClock.now
      var count = 0
      while !Task.isCancelled {
        let due = Int((ContinuousClock.now - start) / .milliseconds(1)) * Self.strangersPerSecond
        while count < due / 1000 {
          scanner.ask(for: stranger(count), from: FoundingNetwork.routerAddress(1))
          count += 1
        }
        try? await Task.sleep(for: .milliseconds(10))
      }
    }

    private func stranger(_ number: Int) -> IPv6Address {
      IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | UInt128(0x10_0000 + number))
    }

    /// Gives a gateway h0, h1 and so on, whose cables end in one namespace; the last has a host.
    private func addInterfaces(to gateway: Node) async throws -> Node {
      let hosts = Node(name: "hosts", namespace: try NetworkNamespace())
      for scope in ["all", "default"] { try hosts.set("\(scope)/accept_dad", to: "0") }
      try hosts.set("default/disable_ipv6", to: "1")
      let numbers = 0..<Self.count
      try await gateway.batch(
        numbers.flatMap { number in
          [
            "link add h\(number) type veth peer name p\(number) netns \(hosts.namespacePath)",
            "link set h\(number) up",
          ]
        })
      try await hosts.batch(numbers.map { "link set p\($0) up" })
      try hosts.set("p\(Self.count - 1)/disable_ipv6", to: "0")
      try await hosts.batch("address add \(Self.target)/80 dev p\(Self.count - 1) nodad")
      return hosts
    }
  }
}
