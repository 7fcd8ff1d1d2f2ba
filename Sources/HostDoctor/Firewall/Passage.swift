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
  /// The interface by which a host outside is reached; 0 where that is not known.
  var wayOut: Int32 = 0

  /// A station on the outer link.
  private static let station = MACAddress(bits: 0x0200_5e00_5301)

  /// An echo request to the member, and the beginning of a TCP connection.
  var inward: [TestPacket] {
    [
      TestPacket(type: ICMPv6.echoRequest, from: RouteQuestion.outside, to: member),
      TestPacket(tcpFrom: RouteQuestion.outside, to: member),
    ].map {
      $0.toNeighbor.entering(outside.name, outside.index).leaving(inside.name, inside.index)
        .returning(by: wayOut)
    }
  }

  /// The same from the member.
  var outward: [TestPacket] {
    [
      TestPacket(type: ICMPv6.echoRequest, from: member, to: RouteQuestion.outside),
      TestPacket(tcpFrom: member, to: RouteQuestion.outside),
    ].map {
      $0.toNeighbor.entering(inside.name, inside.index).leaving(outside.name, outside.index)
        .returning(by: inside.index)
    }
  }

  /// The router's question whether the member is still there, sent to it by name.
  var unicastSolicitation: TestPacket {
    TestPacket(
      type: ICMPv6.neighborSolicitation, from: Self.router, to: member, target: member
    ).toNeighbor.entering(outside.name, outside.index)
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
      ("multicast solicitations", question, false),
      ("unicast solicitations to this host", unicastSolicitation, false),
      ("advertisements", answer, true),
    ]
  }

  /// Rules that accept what goes both ways, in front of the place where it is dropped.
  ///
  /// Before a packet is routed, only where it came in is known.
  func acceptances(at site: DropSite) -> [Acceptance] {
    let prefix = placed.rule.prefix
    let isUnrouted = site.base.hook?.number == 0
    let comesByOutside = isUnrouted || inside.index == outside.index
    return [
      comesByOutside && !isUnrouted
        ? Acceptance(leaving: outside.name, from: prefix)
        : Acceptance(entering: inside.name, from: prefix),
      comesByOutside
        ? Acceptance(entering: outside.name, to: prefix)
        : Acceptance(leaving: inside.name, to: prefix),
    ]
  }

  /// Why there is no rule for an interface: in nft(8) some characters cannot be written.
  static let nameless =
    "no rule can be given, because nft(8) cannot name this interface: rename it to letters and "
    + "digits first"
}

/// What this host's kernel and a neighbor tell each other on a link.
struct NeighborExchange {
  let messages: [(what: String, packet: TestPacket, isIncoming: Bool)]

  init(_ link: Link, addresses: [IPv6Address]) {
    let neighbor = IPv6Address("fe80::5eff:fe00:5301")!
    let own = addresses.first { $0.isLinkLocal } ?? IPv6Address("fe80::1")!
    let enter = { (packet: TestPacket) in
      packet.entering(link.name, link.index).returning(by: addresses.isEmpty ? 0 : link.index)
    }
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

/// A place in the packet filter where what goes a passage is dropped, or may be.
struct Blockade {
  let site: DropSite
  let extent: Extent

  /// Which packets are dropped.
  enum Extent {
    case inward, outward, both
    /// Only what begins outside.
    case onlyNew
    /// It is not known.
    case unknown
  }

  /// `nil` where everything passes.
  init?(of passage: Passage, by firewall: Firewall) {
    let inward = firewall.fate(onTheWay: passage.inward)
    let outward = firewall.fate(onTheWay: passage.outward)
    if let site = outward.drop {
      (self.site, extent) = (site, inward.drop == nil ? .outward : .both)
    } else if let site = inward.drop {
      let answers = firewall.fate(onTheWay: passage.inward.map { $0.with(.established) })
      (self.site, extent) = (site, answers.drop == nil ? .onlyNew : .inward)
    } else if let site = inward.doubt ?? outward.doubt {
      (self.site, extent) = (site, .unknown)
    } else {
      return nil
    }
  }
}
