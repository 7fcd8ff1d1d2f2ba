package import LinuxNet
package import LinuxSurvey
package import NDPWire

/// A Neighbor Discovery message as it was seen on a wire.
package struct ObservedMessage: Sendable {
  /// When the kernel saw it, since 1970; to the nanosecond.
  package let timestamp: Duration
  /// The frame with the message.
  package let frame: NeighborDiscoveryFrame
}

/// A solicitation and the advertisement that answered it.
package struct Exchange: Sendable {
  /// The question.
  package let solicitation: EthernetFrame<NeighborSolicitation>
  /// The first answer to it.
  package let advertisement: EthernetFrame<NeighborAdvertisement>

  /// From the one to the other, at the place of the capture.
  package let latency: Duration
}

extension Node {
  /// Starts to capture on an interface of this node; by default all solicitations and
  /// advertisements, whatever may be wrong with them.
  package func capture(
    on interface: String, filter: String = "icmp6 and (ip6[40] == 135 or ip6[40] == 136)"
  ) throws -> PacketCapture {
    try namespace.run { try PacketCapture(interface: interface, filter: filter) }
  }
}

extension PacketCapture {
  /// The well-formed messages about `target` that have come since the last call; does not wait.
  package mutating func messages(about target: IPv6Address) throws -> [ObservedMessage] {
    var messages: [ObservedMessage] = []
    while let captured = try next() {
      guard let frame = try? captured.decoded(), frame.target == target else { continue }
      messages.append(ObservedMessage(timestamp: captured.timestamp, frame: frame))
    }
    return messages
  }
}

extension [ObservedMessage] {
  /// The first solicitation that was answered, and the first answer to it; `nil` if none was.
  package var firstExchange: Exchange? {
    var asked: (at: Duration, EthernetFrame<NeighborSolicitation>)?
    for message in self {
      switch message.frame {
      case .solicitation(let frame): asked = (message.timestamp, frame)
      case .advertisement(let frame):
        guard let asked else { continue }
        return Exchange(
          solicitation: asked.1, advertisement: frame, latency: message.timestamp - asked.at)
      }
    }
    return nil
  }
}

extension NeighborDiscoveryFrame {
  /// The address it is about.
  package var target: IPv6Address {
    switch self {
    case .solicitation(let frame): frame.message.target
    case .advertisement(let frame): frame.message.target
    }
  }
}

extension Node {
  /// Sends frames on one of this node's interfaces.
  ///
  /// Throws where there is no such interface.
  package func sender(on interface: String) async throws -> PacketSender {
    let index = try await interfaceIndex(interface)
    return try namespace.run { try PacketSender(interfaceIndex: index) }
  }
}
