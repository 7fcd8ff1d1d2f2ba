import NDPWire
import ProxyEngine
import ProxyModel
import Simulation
import TestSupport
import Testing

extension Dialect: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// What doubles send is what was recorded, octet by octet.
struct DialectTests {
  /// The recording and the role of each dialect.
  private static let sources: [(Dialect, Recording, String)] = [
    (.linuxHost, .linux, "host"), (.linuxRouter, .linux, "router"), (.linuxProxy, .linux, "proxy"),
    (.kameHost, .kame, "host"), (.kameRouter, .kame, "router"),
    (.explicitHost, .explicit, "host"), (.explicitRouter, .explicit, "router"),
  ]

  private static let peer = MACAddress("02:00:00:00:00:0a")!
  private static let peerAddress = IPv6Address("2001:db8::a")!
  private static let newAddress = IPv6Address("2001:db8::b2")!

  static let answers = [
    "answer-multicast", "answer-multicast-global", "answer-unicast", "answer-unicast-global",
    "answer-duplicate-detection",
  ]

  @Test(arguments: Dialect.all, answers)
  func `an answer is as recorded`(dialect: Dialect, situation: String) throws {
    let (recording, role) = try Self.source(of: dialect)
    let question = decodedSolicitation(recording.received(in: "\(role)/\(situation)")[0])
    let expected = recording.sent(in: "\(role)/\(situation)")[0]
    #expect(dialect.answer(to: question, by: .recorded) == expected)
  }

  @Test(arguments: Dialect.all, answers)
  func `a station of the simulation answers as recorded`(
    dialect: Dialect, situation: String
  ) throws {
    let (recording, role) = try Self.source(of: dialect)
    let question = recording.received(in: "\(role)/\(situation)")[0]
    let sent = Simulation.answers(
      to: question, of: IPv6Address(role == "proxy" ? "2001:db8::77" : "2001:db8::b")!,
      by: .recorded, speaking: dialect)
    #expect(sent == [recording.sent(in: "\(role)/\(situation)")[0]])
  }

  @Test(arguments: Dialect.all)
  func `what it says of its own accord is as recorded`(dialect: Dialect) throws {
    let (recording, role) = try Self.source(of: dialect)
    let asking = role == "proxy" ? "router" : role
    let arrival = recording.sent(in: "\(asking)/announcement-address")
    #expect(dialect.duplicateDetection(of: Self.newAddress, by: .recorded) == arrival[0])
    #expect(dialect.announcement(of: Self.newAddress, by: .recorded) == arrival[1])
    let cycle = recording.sent(in: "\(asking)/question-cycle")
    #expect(dialect.firstContact(with: Self.peerAddress, by: .recorded) == cycle[0])
    for probe in cycle[1...] {
      #expect(dialect.probe(of: Self.peerAddress, at: Self.peer, by: .recorded) == probe)
    }
  }

  private static func source(of dialect: Dialect) throws -> (Recording, String) {
    let found = try #require(sources.first { $0.0.name == dialect.name })
    return (found.1, found.2)
  }

  // MARK: - Other addresses

  @Test(arguments: Dialect.all, answers)
  func `with other addresses only these differ`(dialect: Dialect, situation: String) throws {
    let (recording, role) = try Self.source(of: dialect)
    let recorded = decodedAdvertisement(recording.sent(in: "\(role)/\(situation)")[0])
    let old = decodedSolicitation(recording.received(in: "\(role)/\(situation)")[0])
    let target = IPv6Address("2001:db8:7::1234:5678")!
    let asker = MACAddress("0a:11:22:33:44:55")!
    let detects = old.message.isDuplicateAddressDetection
    let source =
      detects
      ? IPv6Address.unspecified
      : IPv6Address(old.message.source.isLinkLocal ? "fe80::77:1" : "2001:db8:7::9")!
    let isByMulticast = old.message.destination.isMulticast
    let speaker = Dialect.Speaker(
      linkLayerAddress: MACAddress("06:00:00:00:00:99")!, linkLocal: IPv6Address("fe80::99")!,
      address: target)
    let question = EthernetFrame(
      source: asker,
      destination: isByMulticast
        ? MACAddress(multicast: target.solicitedNodeMulticast) : speaker.linkLayerAddress,
      message: NeighborSolicitation(
        source: source, destination: isByMulticast ? target.solicitedNodeMulticast : target,
        target: target, sourceLinkLayerAddress: detects ? nil : asker))
    let played = dialect.advertisement(answering: question, by: speaker)
    #expect(played.source == speaker.linkLayerAddress)
    #expect(played.destination == (detects ? .allNodes : asker))
    #expect(played.message.target == target)
    #expect(played.message.destination == (detects ? .allNodes : source))
    #expect(played.message.isRouter == recorded.message.isRouter)
    #expect(played.message.isSolicited == recorded.message.isSolicited)
    #expect(played.message.isOverride == recorded.message.isOverride)
    #expect(
      played.message.targetLinkLayerAddress
        == recorded.message.targetLinkLayerAddress.map { _ in speaker.linkLayerAddress })
    let speaksAsTarget = recorded.message.source == recorded.message.target
    #expect(
      played.message.source == (speaksAsTarget ? target : speaker.linkLocal)
        || played.message.source == speaker.address)
  }

  @Test func `each duplicate detection has a nonce of its own`() {
    let first = Dialect.linuxHost.duplicateDetection(
      of: Self.newAddress, by: .recorded, nonce: 0x0102_0304_0506)
    #expect(first.suffix(8) == [14, 1, 1, 2, 3, 4, 5, 6])
    #expect((try? NeighborDiscoveryFrame(decoding: first.span.bytes)) != nil)
  }
}
