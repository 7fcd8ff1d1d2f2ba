import NDPWire

/// How a link treats frames.
struct LinkConditions {
  /// How likely it is that a frame does not arrive at one of its receivers.
  var loss = 0.0
  /// How likely it is that it arrives twice.
  var duplication = 0.0
  /// How likely it is that it comes back to who sent it.
  var reflection = 0.0
  /// The longest that a frame is under way; each takes its own time, so that some overtake others.
  var delay: Duration = .milliseconds(1)
}

/// Who is attached to a link.
enum Port: Equatable {
  case station(Int)
  /// A gateway's interface, by its place.
  case gateway(Int, interface: Int)
  /// The attacker, if there is one.
  case attacker
  /// Somebody of whom nothing is known.
  case stranger
}

extension World {
  /// Puts a frame on a link; those who are there and meant will get it.
  func transmit(_ octets: [UInt8], on link: Int, from sender: Port) {
    figures.frames += 1
    if keepsFrames { frames.append(octets) }
    trace.note(now, octets, "\(name(of: sender)) -> link \(link)")
    if link == 0, sender == .station(0) { crowdIn(on: octets) }
    let conditions = links[link]
    let destination = destinationOfFrame(octets)
    for port in ports(on: link) {
      let isReflected =
        port == sender
        && Double.random(in: 0..<1, using: &random)
          < conditions.reflection
      guard isReflected || port != sender, isReflected || hears(port, destination) else { continue }
      var copies = Double.random(in: 0..<1, using: &random) < conditions.duplication ? 2 : 1
      while copies > 0 {
        copies -= 1
        let delay = UInt64.random(
          in: 20_000...conditions.delay.wholeNanoseconds, using: &random)
        if Double.random(in: 0..<1, using: &random) < conditions.loss { continue }
        schedule(.delivery(octets, link: link, to: port), after: .nanoseconds(Int64(delay)))
      }
    }
  }

  /// Everyone attached to the link now, in a fixed order.
  private func ports(on link: Int) -> [Port] {
    var found: [Port] = []
    for (number, station) in stations.enumerated() where station.link == link {
      found.append(.station(number))
    }
    for gateway in gateways {
      for (place, attachment) in gateway.attachments.enumerated()
      where attachment.link == link && attachment.isUp {
        found.append(.gateway(gateway.number, interface: place))
      }
    }
    if attacker?.link == link { found.append(.attacker) }
    return found
  }

  /// Whether a port takes frames to this address; gateways take every group.
  private func hears(_ port: Port, _ destination: MACAddress) -> Bool {
    if destination.isMulticast { return true }
    switch port {
    case .station(let number): return stations[number].linkLayerAddress == destination
    case .gateway(let number, let place):
      return gateways[number].attachments[place].interface.linkLayerAddress == destination
    case .attacker: return attacker?.linkLayerAddress == destination
    case .stranger: return false
    }
  }

  func name(of port: Port) -> String {
    switch port {
    case .station(let number): stations[number].name
    case .gateway(let number, let place):
      "\(gateways[number].name)/\(gateways[number].attachments[place].interface.name)"
    case .attacker: "attacker"
    case .stranger: "somebody"
    }
  }
}

/// The first six octets, zero where there are fewer.
private func destinationOfFrame(_ octets: [UInt8]) -> MACAddress {
  MACAddress(bits: octets.prefix(6).reduce(0) { $0 << 8 | UInt64($1) })
}
