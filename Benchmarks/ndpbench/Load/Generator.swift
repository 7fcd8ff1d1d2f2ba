import LinuxNet
import NDPWire
import NetworkLab

/// Sends solicitations from the asker, as many and as fast as it is told, on the calling thread.
final class Generator {
  /// How many it has sent.
  private(set) var sentCount = 0

  /// Where the questions go.
  enum Destination {
    /// The solicited-node group of the target, as whoever does not know it asks.
    case group
    /// The responder by name, as whoever knows it checks that it is still there.
    case responder
  }

  private let sender: PacketSender
  private let station: Station
  private let targets: Targets
  private let destination: Destination
  private var random: FastGenerator

  /// Asks on the asker's interface.
  convenience init(
    on link: BenchLink, index: Int32, targets: Targets, destination: Destination = .group,
    seed: UInt64 = 1
  ) throws {
    self.init(
      try link.asker.namespace.run { try PacketSender(interfaceIndex: index) }, from: .asker,
      targets: targets, destination: destination, seed: seed)
  }

  /// Asks with a sender on some interface.
  init(
    _ sender: PacketSender, from station: Station, targets: Targets,
    destination: Destination = .group, seed: UInt64 = 1
  ) {
    self.sender = sender
    self.station = station
    self.targets = targets
    self.destination = destination
    random = FastGenerator(seed: seed)
  }

  /// Sends so many at once.
  ///
  /// Throws where the kernel refused some: then it is not known what was asked.
  func send(_ count: Int) throws {
    for _ in 0..<count {
      let frame = station.question(for: targets.next(&random), to: destination)
      sender.enqueue { frame.encode(into: &$0) }
    }
    sender.flush()
    let unsent = sender.unsentCount
    guard unsent == 0 else { throw BenchFailure("\(unsent) solicitations could not be sent") }
    sentCount += count
  }

  /// Asks for one target.
  func ask(for target: IPv6Address) throws {
    let frame = station.question(for: target, to: destination)
    sender.enqueue { frame.encode(into: &$0) }
    sender.flush()
    sentCount += 1
  }

  /// Sends at a steady rate, or as fast as it can, until the clock says `end`; calls `between` in
  /// every pause and at least once in a batch.
  ///
  /// What is due is sent at once, at most a batch; so a late start is made up for.
  func send(perSecond rate: Int?, until end: UInt64, between: () throws -> Void) throws {
    let start = BootClock.nanoseconds
    var sent = 0
    while case let now = BootClock.nanoseconds, now < end {
      var count = PacketSocket.batchSize
      if let rate {
        // In 128 bits: a minute at full speed is more than 64 hold.
        let due = Int(UInt128(now - start) * UInt128(rate) / 1_000_000_000) + 1
        count = min(count, due - sent)
      }
      if count > 0 {
        try send(count)
        sent += count
      }
      try between()
    }
  }
}

/// Who asks.
struct Station {
  let address: IPv6Address
  let linkLayerAddress: MACAddress

  /// The asker of the lab.
  static let asker = Station(
    address: BenchLink.askerAddress, linkLayerAddress: BenchLink.askerLinkLayerAddress)

  fileprivate func question(
    for target: IPv6Address, to destination: Generator.Destination
  ) -> EthernetFrame<NeighborSolicitation> {
    let group = target.solicitedNodeMulticast
    let isGroup = destination == .group
    return EthernetFrame(
      source: linkLayerAddress,
      destination: isGroup ? MACAddress(multicast: group) : BenchLink.responderLinkLayerAddress,
      message: NeighborSolicitation(
        source: address, destination: isGroup ? group : target, target: target,
        sourceLinkLayerAddress: linkLayerAddress))
  }
}
