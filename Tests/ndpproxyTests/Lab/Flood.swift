import LinuxNet
import NDPWire
import NetworkLab
import Testing

/// A station upstream that solicits without end.
struct Flood: Sendable {
  /// Whom it claims to be.
  enum Identity: Sendable, CustomTestStringConvertible {
    /// So many stations, each with its own addresses.
    case strangers(Int)
    /// Stations with the first router's link-layer address.
    case station
    /// The first router, with all its addresses.
    case router

    var testDescription: String {
      switch self {
      case .strangers(let count): "\(count) strangers"
      case .station: "the router's link-layer address"
      case .router: "the router's addresses"
      }
    }
  }

  let node: Node
  var identity = Identity.strangers(1)
  /// What it asks for; by default what nobody has.
  var targets: [IPv6Address] = []
  let perSecond: Int
  /// Whether it asks the gateway alone, as those do who know the target.
  var isUnicast = false

  /// Solicits until the task is cancelled.
  func run(_ gate: Gate) async throws {
    let sender = try await node.sender(on: "up0")
    gate.open()
    await repeatedly(perSecond: perSecond) { number in
      let question = question(number)
      sender.enqueue { question.encode(into: &$0) }
    } afterEach: {
      sender.flush()
    }
  }

  private func question(_ number: Int) -> EthernetFrame<NeighborSolicitation> {
    let target = targets.isEmpty ? Self.stranger() : targets[number % targets.count]
    let group = target.solicitedNodeMulticast
    let (station, source) = asker(number)
    return EthernetFrame(
      source: station,
      destination: isUnicast
        ? FoundingNetwork.gatewayLinkLayerAddress : MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: source, destination: isUnicast ? target : group, target: target,
        sourceLinkLayerAddress: station))
  }

  private func asker(_ number: Int) -> (MACAddress, IPv6Address) {
    let router = FoundingNetwork.routerLinkLayerAddress(0)
    switch identity {
    case .strangers(let count):
      let index = number % count
      return (Self.stranger(index), IPv6Address(bits: 0xfe80 << 112 | UInt128(0xbb_0000 + index)))
    case .station: return (router, IPv6Address(bits: 0xfe80 << 112 | 0xbb))
    case .router:
      let isGlobal = number % 2 == 0
      return (router, isGlobal ? FoundingNetwork.routerAddress(0) : router.linkLocal)
    }
  }

  /// The link-layer address of a forged station.
  static func stranger(_ index: Int) -> MACAddress {
    MACAddress(bits: 0x02bb_0000_0000 + UInt64(index))
  }

  /// An address inside that nobody has.
  private static func stranger() -> IPv6Address {
    let number = UInt64.random(in: 1 << 32..<1 << 47)
    return IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | UInt128(number))
  }
}

extension MACAddress {
  /// The link-local address that a kernel makes of it (RFC 4291, appendix A).
  var linkLocal: IPv6Address {
    let high = UInt128(bits >> 24 ^ 0x02_0000) << 40
    return IPv6Address(bits: 0xfe80 << 112 | high | 0xff_fe00_0000 | UInt128(bits & 0xff_ffff))
  }
}

extension FoundingNetwork {
  /// Keeps the bridge upstream from learning where the stations are as which a router speaks that
  /// forges their addresses; else it would cut them off by itself.
  func stopLearning(from router: Int) async throws {
    try await upstreamSegment.run(
      "ip", "link", "set", "port\(router + 1)", "type", "bridge_slave", "learning", "off")
  }

  /// The same for a member of the inside segment.
  func stopLearning(fromMember member: Int) async throws {
    try await insideSegment.run(
      "ip", "link", "set", "port\(member + 1)", "type", "bridge_slave", "learning", "off")
  }

  /// Address number `index` of a range inside that nothing else has.
  static func furtherAddress(_ index: Int, of prefix: IPv6Prefix = insidePrefix) -> IPv6Address {
    IPv6Address(bits: prefix.address.bits | UInt128(0x1000 + index))
  }
}
