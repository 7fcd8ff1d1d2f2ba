import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// A host or a router that behaves as RFC 4861 and RFC 4862 say, and speaks as real ones do.
final class Station {
  let number: Int
  let name: String
  let isRouter: Bool
  /// How it speaks.
  var dialect: Dialect
  /// Whether it is never moved to another link, because somebody there has one of its addresses.
  var staysHome = false
  /// Where it is attached; `nil` while it is dead.
  var link: Int?
  var linkLayerAddress: MACAddress
  /// How long it believes a neighbor, which routers may set (RFC 4861 §4.2).
  var reachableTime = Duration.seconds(30)
  /// How long it takes to answer.
  var slowness: Duration = .zero
  var addresses: [Address]
  var neighbors: [IPv6Address: Neighbor] = [:]
  /// Counts its lives: what an earlier life scheduled is void.
  var life = 0

  init(
    number: Int, name: String, isRouter: Bool, dialect: Dialect, addresses: [IPv6Address]
  ) {
    self.number = number
    self.name = name
    self.isRouter = isRouter
    self.dialect = dialect
    linkLayerAddress = MACAddress(bits: 0x0200_0000_1000 + UInt64(number))
    let linkLocal = IPv6Address(bits: 0xfe80 << 112 | 0x1000 + UInt128(number))
    self.addresses = ([linkLocal] + addresses).map { Address(address: $0) }
  }

  /// One of its addresses.
  struct Address {
    let address: IPv6Address
    var state = State.tentative

    enum State {
      case tentative
      case usable
      /// Somebody else has it, or it was taken away.
      case lost
    }
  }

  /// What it knows of a neighbor (RFC 4861 §7.3.2).
  struct Neighbor {
    var state = State.incomplete
    var linkLayerAddress: MACAddress?
    /// Solicitations sent in this state.
    var sent = 0
    /// The timer that counts; earlier ones are void.
    var ticket = 0
    /// When it was first asked for, in this state.
    var since: Instant

    enum State {
      case incomplete
      case reachable
      case stale
      case delay
      case probe
    }
  }

  func state(of address: IPv6Address) -> Address.State? {
    addresses.first { $0.address == address }?.state
  }

  /// The source of what it sends to `peer`.
  func source(towards peer: IPv6Address) -> IPv6Address {
    let usable = addresses.dropFirst().first { $0.state == .usable }?.address
    return peer.isLinkLocal ? addresses[0].address : usable ?? addresses[0].address
  }

  /// Who speaks in its name, from an address if it may choose.
  func speaker(from address: IPv6Address) -> Dialect.Speaker {
    // While others have its link-local address it speaks from what it has.
    let linkLocal = addresses[0].state == .usable ? addresses[0].address : address
    return Dialect.Speaker(
      linkLayerAddress: linkLayerAddress, linkLocal: linkLocal, address: address)
  }
}

// MARK: - Life

extension World {
  /// Attaches a station to a link, where it checks that its addresses are its own.
  func start(_ number: Int, on link: Int) {
    leave(number)
    let station = stations[number]
    station.link = link
    trace.note(now, "\(station.name) comes to link \(link)")
    for place in station.addresses.indices { startDuplicateDetection(number, of: place) }
  }

  /// Takes a station off its link.
  func leave(_ number: Int) {
    let station = stations[number]
    guard station.link != nil else { return }
    trace.note(now, "\(station.name) goes")
    for address in station.addresses where address.state == .usable {
      truth.leave(address.address, number, now: now)
    }
    station.link = nil
    station.life += 1
    station.neighbors = [:]
    for place in station.addresses.indices { station.addresses[place].state = .tentative }
  }

  /// One solicitation from `::`, and RetransTimer to hear of another owner (RFC 4862 §5.4.2).
  func startDuplicateDetection(_ number: Int, of place: Int) {
    let station = stations[number]
    station.addresses[place].state = .tentative
    let target = station.addresses[place].address
    transmit(detection(of: target, by: station), from: number)
    schedule(
      .duplicateDetectionEnded(station: number, place: place, life: station.life),
      after: .seconds(1))
  }

  func endDuplicateDetection(_ number: Int, of place: Int) {
    let station = stations[number]
    guard station.addresses[place].state == .tentative, let link = station.link else { return }
    station.addresses[place].state = .usable
    let target = station.addresses[place].address
    truth.come(target, number, to: link, now: now)
    guard Bool.random(using: &random) else { return }
    transmit(
      station.dialect.announcement(of: target, by: station.speaker(from: target)), from: number)
  }

  /// The solicitation with which a station looks for duplicates.
  func detection(of target: IPv6Address, by station: Station) -> [UInt8] {
    station.dialect.duplicateDetection(
      of: target, by: station.speaker(from: target),
      nonce: UInt64.random(in: 0 ... .max, using: &random))
  }

  func transmit(_ octets: [UInt8], from number: Int) {
    guard let link = stations[number].link else { return }
    transmit(octets, on: link, from: .station(number))
  }
}

// MARK: - Receiving

extension World {
  func receive(_ octets: [UInt8], at number: Int) {
    guard let frame = try? NeighborDiscoveryFrame(decoding: octets.span.bytes) else { return }
    switch frame {
    case .solicitation(let solicitation): receive(solicitation, at: number)
    case .advertisement(let advertisement): receive(advertisement.message, at: number)
    }
  }

  private func receive(_ frame: EthernetFrame<NeighborSolicitation>, at number: Int) {
    let station = stations[number]
    let message = frame.message
    guard frame.source != station.linkLayerAddress,
      let place = station.addresses.firstIndex(where: { $0.address == message.target })
    else { return }
    switch station.addresses[place].state {
    case .usable: answer(frame, from: number)
    case .tentative where message.isDuplicateAddressDetection:
      // Both want it, so neither gets it (RFC 4862 §5.4.3).
      station.addresses[place].state = .lost
    case .tentative, .lost: return
    }
  }

  private func answer(_ frame: EthernetFrame<NeighborSolicitation>, from number: Int) {
    let station = stations[number]
    guard station.slowness > .zero else { return answerNow(frame, from: number) }
    schedule(.answer(frame, station: number, life: station.life), after: station.slowness)
  }

  func answerNow(_ frame: EthernetFrame<NeighborSolicitation>, from number: Int) {
    let station = stations[number]
    let message = frame.message
    guard station.state(of: message.target) == .usable else { return }
    // Nobody proxies a link-local address.
    let dialect =
      station.dialect.isProxy && message.target.isLinkLocal ? .linuxRouter : station.dialect
    let speaker = station.speaker(from: station.source(towards: message.source))
    transmit(dialect.answer(to: frame, by: speaker), from: number)
  }

  private func receive(_ message: NeighborAdvertisement, at number: Int) {
    let station = stations[number]
    if let place = station.addresses.firstIndex(where: { $0.address == message.target }) {
      if station.addresses[place].state == .tentative {
        station.addresses[place].state = .lost
        trace.note(now, "\(station.name) may not have \(message.target)")
      }
      return
    }
    guard var neighbor = station.neighbors[message.target] else { return }
    let wasUnknown = neighbor.state == .incomplete
    guard neighbor.take(message) else { return }
    station.neighbors[message.target] = neighbor
    if neighbor.state == .reachable, message.isSolicited {
      wait(for: station.reachableTime, number, message.target)
    }
    // What it wanted to send when it asked.
    if wasUnknown { forward(packetTo: message.target, from: number) }
  }
}

extension Station.Neighbor {
  /// RFC 4861 §7.2.5; false if the advertisement changes nothing.
  mutating func take(_ message: NeighborAdvertisement) -> Bool {
    let offered = message.targetLinkLayerAddress
    if state == .incomplete {
      guard let offered else { return false }
      linkLayerAddress = offered
      state = message.isSolicited ? .reachable : .stale
      return true
    }
    let isOther = offered != nil && offered != linkLayerAddress
    if !message.isOverride, isOther {
      guard state == .reachable else { return false }
      state = .stale
      return true
    }
    linkLayerAddress = offered ?? linkLayerAddress
    if message.isSolicited {
      state = .reachable
    } else if isOther {
      state = .stale
    }
    return true
  }
}
