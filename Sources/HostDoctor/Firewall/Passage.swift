import LinuxNet
import NDPWire

/// The way between a host outside and a member inside, with packets that go it.
struct Passage {
  let placed: PlacedRule
  /// The proxy interface.
  let outside: Link
  /// Where the member is.
  let inside: Link
  /// An address of the rule.
  let member: IPv6Address

  /// Somebody far away.
  private static let remote = IPv6Address("2001:4860:4860::8888")!

  /// A station on the outer link.
  private static let station = MACAddress(bits: 0x0200_5e00_5301)

  /// An echo request to the member, and the beginning of a TCP connection.
  var inward: [TestPacket] {
    [
      TestPacket(type: ICMPv6.echoRequest, from: Self.remote, to: member),
      TestPacket(tcpFrom: Self.remote, to: member),
    ].map { $0.entering(outside.name, outside.index).leaving(inside.name, inside.index) }
  }

  /// The same from the member.
  var outward: [TestPacket] {
    [
      TestPacket(type: ICMPv6.echoRequest, from: member, to: Self.remote),
      TestPacket(tcpFrom: member, to: Self.remote),
    ].map { $0.entering(inside.name, inside.index).leaving(outside.name, outside.index) }
  }

  /// The router's question whether the member is still there, sent to it by name.
  var unicastSolicitation: TestPacket {
    TestPacket(
      type: ICMPv6.neighborSolicitation, from: Self.router, to: member, target: member
    ).entering(outside.name, outside.index)
      .with(ethernet: Self.station, to: outside.linkLayerAddress ?? Self.station)
  }

  private static let router = IPv6Address("fe80::5eff:fe00:5301")!

  /// What ndpproxy must receive and send, as frames.
  var frames: [(what: String, packet: TestPacket, isLeaving: Bool)] {
    let group = member.solicitedNodeMulticast
    let question = TestPacket(
      type: ICMPv6.neighborSolicitation, from: Self.router, to: group, target: member
    ).entering(outside.name, outside.index)
      .with(ethernet: Self.station, to: MACAddress(multicast: group))
    let answer = TestPacket(
      type: ICMPv6.neighborAdvertisement, from: IPv6Address("fe80::1")!, to: Self.router,
      target: member
    ).leaving(outside.name, outside.index)
      .with(ethernet: outside.linkLayerAddress ?? Self.station, to: Self.station)
    return [
      ("solicitations to groups", question, false),
      ("solicitations to this host by unicast", unicastSolicitation, false),
      ("advertisements", answer, true),
    ]
  }

  /// The guide's pair of rules in front of all others.
  func opening(at site: DropSite, _ isDocker: Bool) -> Fix {
    guard inside.name.isPlainName else { return Fix(obstacle: Self.nameless) }
    let prefix = placed.rule.prefix
    var chain = site.base
    if isDocker { chain.name = "DOCKER-USER" }
    return chain.change(
      "insert",
      [
        "iifname \"\(inside.name)\" ip6 saddr \(prefix) accept",
        "oifname \"\(inside.name)\" ip6 daddr \(prefix) accept",
      ],
      lasting: isDocker
        ? ["the same at boot after Docker, which leaves DOCKER-USER alone"] : DropSite.lasting)
  }

  /// Why there is no rule for an interface: in nft(8) some characters cannot be written.
  static let nameless =
    "no rule can be given, for nft(8) cannot name this interface: rename it to letters and digits "
    + "first"
}

/// What this host's kernel and a neighbour tell each other on a link.
struct NeighborExchange {
  let messages: [(what: String, packet: TestPacket, isIncoming: Bool)]

  init(_ link: Link, addresses: [IPv6Address]) {
    let neighbor = IPv6Address("fe80::5eff:fe00:5301")!
    let own = addresses.first { $0.isLinkLocal } ?? IPv6Address("fe80::1")!
    let enter = { (packet: TestPacket) in packet.entering(link.name, link.index) }
    let leave = { (packet: TestPacket) in packet.leaving(link.name, link.index) }
    let question = { (from: IPv6Address, target: IPv6Address) in
      TestPacket(
        type: ICMPv6.neighborSolicitation, from: from, to: target.solicitedNodeMulticast,
        target: target)
    }
    let answer = { (from: IPv6Address, to: IPv6Address) in
      TestPacket(type: ICMPv6.neighborAdvertisement, from: from, to: to, target: from)
    }
    messages = [
      ("solicitations", leave(question(own, neighbor)), false),
      ("advertisements", enter(answer(neighbor, own)), true),
      ("solicitations", enter(question(neighbor, own)), true),
      ("advertisements", leave(answer(own, neighbor)), false),
    ]
  }
}
