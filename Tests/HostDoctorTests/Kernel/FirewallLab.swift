import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

@testable import HostDoctor

/// The founding network with a packet filter on its gateway, through which packets are sent one by
/// one; router and member say nothing of their own.
struct FirewallLab: ~Copyable {
  let network: FoundingNetwork
  private let router: PacketSender
  private let member: PacketSender
  private var atRouter: PacketCapture
  private var atMember: PacketCapture
  private let eth0: Int32
  private let zt0: Int32
  private var serial: UInt16 = 1
  /// What tells the connections of one ruleset from those of others, which the kernel remembers.
  private var ruleset: UInt16 = 0

  private enum MAC {
    static let router = MACAddress(bits: 0x0200_0000_00a0)
    static let member = MACAddress(bits: 0x0200_0000_0010)
    static let eth0 = MACAddress(bits: 0x0200_0000_00ee)
    static let zt0 = MACAddress(bits: 0x0200_0000_00ef)
  }

  private static let inside = IPv6Address("2001:db8:1:0:ff::10")!
  private static let own = IPv6Address("2001:db8:1::2")!
  private static let gatewayOfAll = IPv6Address("2001:db8:1::1")!

  init() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    for (address, link, device) in [
      (Self.inside, MAC.member, "zt0"), (Self.gatewayOfAll, MAC.router, "eth0"),
    ] {
      try await gateway.run(
        "ip", "-6", "neigh", "replace", "\(address)", "lladdr", "\(link)", "dev", device, "nud",
        "permanent")
    }
    try network.router.set("up0/disable_ipv6", to: "1")
    try network.member.set("zt0/disable_ipv6", to: "1")
    let indexes = (
      try await gateway.interfaceIndex("eth0"), try await gateway.interfaceIndex("zt0")
    )
    let senders = (
      try await network.router.sender(on: "up0"), try await network.member.sender(on: "zt0")
    )
    let filter = "ip6 and (icmp6 or tcp)"
    let atRouter = try network.router.capture(on: "up0", filter: filter)
    let atMember = try network.member.capture(on: "zt0", filter: filter)
    self.network = network
    (eth0, zt0) = indexes
    (router, member) = senders
    self.atRouter = atRouter
    self.atMember = atMember
  }

  /// What is loaded beside each ruleset: it lets everything pass, and has connections tracked.
  static let tracking =
    "flush ruleset\ntable inet tracking { chain every { type filter hook prerouting priority -500; "
    + "ct state new counter; }; }\n"

  /// A packet with all that is known of its way through the gateway.
  struct Journey {
    let name: String
    /// The packet as it comes, and perhaps what the gateway answers, each with its hooks.
    let legs: [(packet: TestPacket, hooks: [Hook])]
    let comesFromMember: Bool
    let arrivesAtMember: Bool
    /// What of the answer tells it from others: its type; 0 is the packet itself.
    var answerType: UInt8 = 0
    /// Whether it belongs to the connection that `establish` makes.
    var isEstablished = false

    /// What the doctor says becomes of it; `nil` where it says that it does not know.
    func predictedToPass(by firewall: Firewall) -> Bool? {
      var isUncertain = false
      for (packet, hooks) in legs {
        switch firewall.fate(of: packet, at: hooks) {
        case .passes: continue
        case .dropped: return isUncertain ? nil : false
        case .undecided: isUncertain = true
        }
      }
      return isUncertain ? nil : true
    }
  }

  private static let forwarding: [Hook] = [
    .ingress, .prerouting, .forward, .postrouting, .egress,
  ]

  /// Everything that is sent through one ruleset.
  mutating func journeys() -> [Journey] {
    let remote = RouteQuestion.outside
    let echo = { (from: IPv6Address, to: IPv6Address) in
      TestPacket(type: ICMPv6.echoRequest, from: from, to: to)
    }
    let inward = [
      ("an echo request to the member", echo(remote, Self.inside)),
      ("a TCP connection to the member", TestPacket(tcpFrom: remote, to: Self.inside)),
      (
        "a solicitation that is forwarded",
        TestPacket(
          type: ICMPv6.neighborSolicitation, from: Self.gatewayOfAll, to: Self.inside,
          target: Self.inside)
      ),
    ].map { passage($0, $1, fromMember: false) }
    let outward = [
      ("an echo request of the member", echo(Self.inside, remote)),
      ("a TCP connection of the member", TestPacket(tcpFrom: Self.inside, to: remote)),
    ].map { passage($0, $1, fromMember: true) }
    return inward + outward + [reply(), ownEcho(), ownSolicitation()]
  }

  private func passage(_ name: String, _ packet: TestPacket, fromMember: Bool) -> Journey {
    var packet = packet.toNeighbor
    if fromMember {
      packet = packet.entering("zt0", zt0).leaving("eth0", eth0)
        .with(ethernet: MAC.member, to: MAC.zt0)
      packet.nextEthernet = MAC.router.octets + MAC.eth0.octets + [0x86, 0xdd]
    } else {
      packet = packet.entering("eth0", eth0).leaving("zt0", zt0)
        .with(ethernet: MAC.router, to: MAC.eth0)
      packet.nextEthernet = MAC.member.octets + MAC.zt0.octets + [0x86, 0xdd]
    }
    return Journey(
      name: name, legs: [(packet, Self.forwarding)], comesFromMember: fromMember,
      arrivesAtMember: !fromMember)
  }

  /// The member's answer to what somebody outside has asked before.
  private func reply() -> Journey {
    let packet = TestPacket(
      type: Self.echoReply, from: Self.inside, to: RouteQuestion.outside)
    let journey = passage("the member's answer", packet, fromMember: true)
    return Journey(
      name: journey.name,
      legs: journey.legs.map { ($0.packet.with(.established), $0.hooks) }, comesFromMember: true,
      arrivesAtMember: false, isEstablished: true)
  }

  private static let echoReply: UInt8 = 129

  private func ownEcho() -> Journey {
    let remote = RouteQuestion.outside
    var request = TestPacket(type: ICMPv6.echoRequest, from: remote, to: Self.own)
      .entering("eth0", eth0).with(ethernet: MAC.router, to: MAC.eth0)
    request.destinationType = 2
    var answer = TestPacket(type: Self.echoReply, from: Self.own, to: remote).toNeighbor
      .leaving("eth0", eth0).with(.established).with(ethernet: MAC.eth0, to: MAC.router)
    answer.transport = Array(answer.transport)
    return Journey(
      name: "an echo request to the gateway",
      legs: [
        (request, [.ingress, .prerouting, .input]), (answer, [.output, .postrouting, .egress]),
      ], comesFromMember: false, arrivesAtMember: false, answerType: Self.echoReply)
  }

  private func ownSolicitation() -> Journey {
    let group = Self.own.solicitedNodeMulticast
    let question = TestPacket(
      type: ICMPv6.neighborSolicitation, from: Self.gatewayOfAll, to: group, target: Self.own
    ).entering("eth0", eth0).with(ethernet: MAC.router, to: MACAddress(multicast: group))
    let answer = TestPacket(
      type: ICMPv6.neighborAdvertisement, from: Self.own, to: Self.gatewayOfAll, target: Self.own
    ).toNeighbor.leaving("eth0", eth0).with(ethernet: MAC.eth0, to: MAC.router)
    return Journey(
      name: "a solicitation for the gateway",
      legs: [
        (question, [.ingress, .prerouting, .input]), (answer, [.output, .postrouting, .egress]),
      ], comesFromMember: false, arrivesAtMember: false,
      answerType: ICMPv6.neighborAdvertisement)
  }

  /// Makes the connection to which `reply` belongs, while everything passes.
  mutating func establish() throws {
    ruleset &+= 1
    var request = passage(
      "", TestPacket(type: ICMPv6.echoRequest, from: RouteQuestion.outside, to: Self.inside),
      fromMember: false)
    request.isEstablished = true
    _ = try passes(request, patience: .milliseconds(200))
    _ = try passes(reply(), patience: .milliseconds(200))
  }

  /// Sends a packet, and says whether it, or the answer to it, comes out within some time.
  mutating func passes(_ journey: Journey, patience: Duration) throws -> Bool {
    serial &+= 1
    let mark = serial
    while try atRouter.next() != nil {}
    while try atMember.next() != nil {}
    let connection = ruleset % 0x8000 + (journey.isEstablished ? 0x8000 : 0)
    let frame = journey.legs[0].packet.frame(of: connection, marked: mark)
    let sender = journey.comesFromMember ? member : router
    sender.enqueue { octets in
      for (place, octet) in frame.enumerated() {
        octets.storeBytes(of: octet, toByteOffset: place, as: UInt8.self)
      }
      return frame.count
    }
    sender.flush()
    let clock = ContinuousClock()
    let end = clock.now + patience
    repeat {
      let left = max(.milliseconds(1), end - clock.now)
      let captured =
        journey.arrivesAtMember
        ? try atMember.next(within: left) : try atRouter.next(within: left)
      guard let octets = captured?.octets, octets.count >= 62 else { continue }
      let isSame =
        journey.answerType == 0
        ? octets[22..<54] == frame[22..<54] && octets[58..<62] == frame[58..<62]
        : octets[54] == journey.answerType
          && (journey.answerType == ICMPv6.neighborAdvertisement
            || octets[58..<62] == frame[58..<62])
      // A capture shows what is sent there, too.
      if isSame, octets[6..<12] != frame[6..<12] { return true }
    } while clock.now < end
    return false
  }
}

extension TestPacket {
  /// The whole frame with its checksum, and a number that tells it from others.
  fileprivate func frame(of connection: UInt16, marked mark: UInt16) -> [UInt8] {
    var message = transport
    // The identifier of an echo, by which a connection is known, and its sequence number.
    message[4] = UInt8(truncatingIfNeeded: connection >> 8)
    message[5] = UInt8(truncatingIfNeeded: connection)
    message[6] = UInt8(truncatingIfNeeded: mark >> 8)
    message[7] = UInt8(truncatingIfNeeded: mark)
    let place = isICMPv6 ? 2 : 16
    message[place] = 0
    message[place + 1] = 0
    let pseudoHeader =
      Array(network[8..<40]) + [0, 0, 0, UInt8(message.count), 0, 0, 0, network[6]]
    var sum: UInt32 = 0
    let octets = pseudoHeader + message
    for place in stride(from: 0, to: octets.count, by: 2) {
      sum += UInt32(octets[place]) << 8 | UInt32(octets[place + 1])
    }
    while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
    message[place] = UInt8(truncatingIfNeeded: ~sum >> 8)
    message[place + 1] = UInt8(truncatingIfNeeded: ~sum)
    return ethernet + network + message
  }
}
