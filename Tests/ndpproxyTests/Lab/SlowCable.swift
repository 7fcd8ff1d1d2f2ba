import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// Carries frames between two interfaces of a namespace, each a while after it has come.
final class SlowCable {
  private let ends: [End]
  private let delay: Duration
  /// How much later than it should a frame has been sent on, or looked for, at the most.
  ///
  /// So long the machine keeps a process waiting; it is no fault of whoever is tested.
  private(set) var lateness = Duration.zero
  /// Every solicitation and advertisement that has been carried from the first end to the second.
  private(set) var carried: [NeighborDiscoveryFrame] = []

  /// An interface, and the station that speaks there.
  typealias Place = (interface: String, station: MACAddress)

  /// Opens two interfaces that are up.
  init(_ node: Node, from first: Place, to second: Place, delay: Duration) async throws {
    self.delay = delay
    ends = [try await End(node, first, to: second), try await End(node, second, to: first)]
  }

  /// One direction.
  private final class End {
    var capture: PacketCapture
    let sender: PacketSender
    var waiting: [CapturedFrame] = []

    init(_ node: Node, _ incoming: Place, to outgoing: Place) async throws {
      // libpcap's `inbound` would lose the first frame.
      capture = try node.capture(
        on: incoming.interface, filter: "ip6 and ether src \(incoming.station)")
      sender = try await node.sender(on: outgoing.interface)
    }
  }

  /// Carries what comes for so long.
  func carry(for duration: Duration) async throws {
    let end = ContinuousClock.now + duration
    var last = ContinuousClock.now
    while ContinuousClock.now < end {
      lateness = max(lateness, ContinuousClock.now - last)
      last = .now
      for end in ends {
        while let frame = try end.capture.next() { end.waiting.append(frame) }
        passOn(from: end)
      }
      try await Task.sleep(for: .microseconds(200))
    }
  }

  private func passOn(from end: End) {
    let now = Duration.nanoseconds(WallClock.nanoseconds)
    while let frame = end.waiting.first, frame.timestamp + delay <= now {
      end.waiting.removeFirst()
      lateness = max(lateness, now - frame.timestamp - delay)
      if end === ends[0], let message = try? frame.decoded() { carried.append(message) }
      end.sender.enqueue { span in
        for (place, octet) in frame.octets.enumerated() {
          span.storeBytes(of: octet, toByteOffset: place, as: UInt8.self)
        }
        return frame.octets.count
      }
    }
    end.sender.flush()
  }
}
