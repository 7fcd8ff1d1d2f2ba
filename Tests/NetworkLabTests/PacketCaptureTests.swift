import LinuxSurvey
import NetworkLab
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct PacketCaptureTests {
  @Test func seesASolicitationAndWhen() async throws {
    let network = try await FoundingNetwork(members: 1)
    var capture = try network.router.namespace.run {
      try PacketCapture(interface: "up0", filter: "icmp6 and ip6[40] == 135")
    }
    _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
    _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
    let first = try #require(try capture.next())
    let second = try #require(try capture.next(within: .seconds(2)))
    #expect(first.octets.count == 86)
    #expect(first.octets[0..<6] == [0x33, 0x33, 0xff, 0x00, 0x00, 0x10])
    let interval = second.timestamp - first.timestamp
    #expect(interval > .milliseconds(900) && interval < .milliseconds(1500))
  }

  @Test func returnsNothingOnceTimeIsUp() async throws {
    let node = try await FoundingNetwork(members: 1).router
    var capture = try node.namespace.run {
      try PacketCapture(interface: "up0", filter: "udp port 9")
    }
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try capture.next(within: .milliseconds(50)) == nil)
    #expect(clock.now - start >= .milliseconds(50))
  }

  @Test(arguments: [("up0", "no such filter", "syntax"), ("up9", "icmp6", "No such device")])
  func saysWhyItFails(interface: String, filter: String, words: String) async throws {
    let node = try await FoundingNetwork(members: 1).router
    let failure = #expect(throws: CaptureFailure.self) {
      try node.namespace.run { _ = try PacketCapture(interface: interface, filter: filter) }
    }
    #expect(failure?.description.contains(words) == true)
  }
}
