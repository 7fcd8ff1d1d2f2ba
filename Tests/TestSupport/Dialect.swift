package import NDPWire

/// How a kind of station speaks, as it was recorded or derived.
package struct Dialect: Sendable {
  /// What it is called: `Linux host`.
  package let name: String
  /// Whether it answers for others, so that nobody may take its word for theirs.
  package let isProxy: Bool
  private let recording: Recording
  private let role: String
  /// The answers by multicast, unicast and to duplicate detection; to a link-local asker or not.
  private let answers: [Exchange]
  private let duplicateDetection: [UInt8]
  private let announcement: [UInt8]
  private let firstContact: [UInt8]
  private let probe: [UInt8]

  /// A question and the answer to it.
  private struct Exchange {
    let question: EthernetFrame<NeighborSolicitation>
    let answer: [UInt8]

    init(_ recording: Recording, _ situation: String) {
      question = decodedSolicitation(recording.received(in: situation)[0])
      answer = recording.sent(in: situation)[0]
    }
  }

  /// A host that runs Linux.
  package static let linuxHost = Dialect("Linux host", .linux, "host")
  /// A router that runs Linux.
  package static let linuxRouter = Dialect("Linux router", .linux, "router")
  /// A router that runs Linux and proxies what is asked for (`ip neigh add proxy`).
  package static let linuxProxy = Dialect("Linux proxy", .linux, "proxy", asking: "router")
  /// A host that runs FreeBSD or one of its like.
  package static let kameHost = Dialect("BSD host", .kame, "host")
  /// A router that runs FreeBSD or one of its like.
  package static let kameRouter = Dialect("BSD router", .kame, "router")
  /// A host that always says where it is, such as Windows.
  package static let explicitHost = Dialect("explicit host", .explicit, "host")
  /// A router that always says where it is.
  package static let explicitRouter = Dialect("explicit router", .explicit, "router")

  /// Every kind.
  package static let all = [
    linuxHost, linuxRouter, linuxProxy, kameHost, kameRouter, explicitHost, explicitRouter,
  ]

  private init(
    _ name: String, _ recording: Recording, _ role: String, asking askingRole: String? = nil
  ) {
    self.name = name
    self.recording = recording
    self.role = role
    isProxy = role == "proxy"
    let asking = askingRole ?? role
    answers = [
      "answer-multicast", "answer-multicast-global", "answer-unicast", "answer-unicast-global",
      "answer-duplicate-detection",
    ].map { Exchange(recording, "\(role)/\($0)") }
    let arrival = recording.sent(in: "\(asking)/announcement-address")
    duplicateDetection = arrival[0]
    announcement = arrival[1]
    let cycle = recording.sent(in: "\(asking)/question-cycle")
    firstContact = cycle[0]
    probe = cycle[1]
  }

  /// A station that speaks: its addresses on the link.
  package struct Speaker: Sendable {
    package var linkLayerAddress: MACAddress
    package var linkLocal: IPv6Address
    /// The address from which it speaks of its own accord.
    package var address: IPv6Address

    package init(
      linkLayerAddress: MACAddress, linkLocal: IPv6Address, address: IPv6Address
    ) {
      self.linkLayerAddress = linkLayerAddress
      self.linkLocal = linkLocal
      self.address = address
    }

    /// The station of the recordings.
    package static let recorded = Speaker(
      linkLayerAddress: Recorded.station, linkLocal: Recorded.linkLocal,
      address: Recorded.address)
  }
}

/// The addresses of Tests/Recordings.
private enum Recorded {
  static let station = MACAddress("02:00:00:00:00:0b")!
  static let linkLocal = IPv6Address("fe80::b")!
  static let address = IPv6Address("2001:db8::b")!
  static let newAddress = IPv6Address("2001:db8::b2")!
  static let peer = MACAddress("02:00:00:00:00:0a")!
  static let peerAddress = IPv6Address("2001:db8::a")!
}

// MARK: - What it says

extension Dialect {
  /// Its answer to a solicitation for an address that it has or proxies.
  package func answer(
    to question: EthernetFrame<NeighborSolicitation>, by speaker: Speaker
  ) -> [UInt8] {
    let message = question.message
    let isByMulticast = message.destination.isMulticast
    let place = (isByMulticast ? 0 : 2) + (message.source.isLinkLocal ? 0 : 1)
    let exchange = answers[message.isDuplicateAddressDetection ? 4 : place]
    let recorded = exchange.question
    var cast = Cast()
    cast.replace(recorded.message.target, by: message.target)
    cast.replace(recorded.message.source, by: message.source)
    cast.replace(Recorded.linkLocal, by: speaker.linkLocal)
    cast.replace(Recorded.address, by: speaker.address)
    cast.replace(Recorded.station, by: speaker.linkLayerAddress)
    // It is answered where it says that it is (RFC 4861 §7.2.4).
    cast.replace(recorded.source, by: message.sourceLinkLayerAddress ?? question.source)
    return cast.play(exchange.answer)
  }

  /// The same as a value.
  package func advertisement(
    answering question: EthernetFrame<NeighborSolicitation>, by speaker: Speaker
  ) -> EthernetFrame<NeighborAdvertisement> {
    decodedAdvertisement(answer(to: question, by: speaker))
  }

  /// The solicitation that looks for duplicates of a new address.
  package func duplicateDetection(
    of target: IPv6Address, by speaker: Speaker, nonce: UInt64? = nil
  ) -> [UInt8] {
    var cast = cast(for: speaker)
    cast.replace(Recorded.newAddress, by: target)
    cast.nonce = nonce
    return cast.play(duplicateDetection)
  }

  /// The advertisement to all nodes of a new address.
  package func announcement(of target: IPv6Address, by speaker: Speaker) -> [UInt8] {
    var cast = cast(for: speaker)
    cast.replace(Recorded.newAddress, by: target)
    return cast.play(announcement)
  }

  /// The solicitation with which it resolves an address.
  package func firstContact(with target: IPv6Address, by speaker: Speaker) -> [UInt8] {
    var cast = cast(for: speaker)
    cast.replace(Recorded.peerAddress, by: target)
    return cast.play(firstContact)
  }

  /// The solicitation with which it finds out whether a neighbor is still there.
  package func probe(
    of target: IPv6Address, at station: MACAddress, by speaker: Speaker
  ) -> [UInt8] {
    var cast = cast(for: speaker)
    cast.replace(Recorded.peerAddress, by: target)
    cast.replace(Recorded.peer, by: station)
    return cast.play(probe)
  }

  private func cast(for speaker: Speaker) -> Cast {
    var cast = Cast()
    cast.replace(Recorded.linkLocal, by: speaker.linkLocal)
    cast.replace(Recorded.address, by: speaker.address)
    cast.replace(Recorded.station, by: speaker.linkLayerAddress)
    return cast
  }
}

// MARK: - Values

/// The solicitation in octets that are known to hold one; traps otherwise.
package func decodedSolicitation(_ octets: [UInt8]) -> EthernetFrame<NeighborSolicitation> {
  guard case .solicitation(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes)
  else { preconditionFailure("no solicitation: \(hex(octets))") }
  return frame
}

/// The advertisement in octets that are known to hold one; traps otherwise.
package func decodedAdvertisement(_ octets: [UInt8]) -> EthernetFrame<NeighborAdvertisement> {
  guard case .advertisement(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes)
  else { preconditionFailure("no advertisement: \(hex(octets))") }
  return frame
}
