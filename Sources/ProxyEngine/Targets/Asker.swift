import NDPWire
import ProxyModel

/// Who gets an answer: one solicitation's sender.
struct Asker {
  /// `::` for a host that detects duplicates.
  let source: IPv6Address
  /// Where its frame goes: the source link-layer address, or the frame's source.
  let linkLayerAddress: MACAddress
  /// Where its frame came from: who has to share with whom.
  let station: MACAddress
  // In an order that leaves little room between them: four of them are three cache lines.

  /// When it first asked for what it waits for, or last, where it detects duplicates.
  var since: Instant
  /// How much its question counts.
  var worth = Worth.stranger

  /// Answers go to `destination` or, where that is `nil`, where the solicitation wants them.
  init(
    _ frame: EthernetFrame<NeighborSolicitation>, answeredAt destination: MACAddress? = nil,
    now: Instant
  ) {
    source = frame.message.source
    linkLayerAddress = destination ?? frame.message.sourceLinkLayerAddress ?? frame.source
    station = frame.source
    since = now
  }

  /// When the answer has become useless; `nil` for never.
  var deadline: Instant? { detectsDuplicates ? since + Limits.duplicateDetectionWindow : nil }

  /// How long after a question the same is one that is put again.
  static let repetition: Duration = .milliseconds(500)

  var detectsDuplicates: Bool { source.isUnspecified }

  func isSame(as other: Asker) -> Bool {
    source == other.source && linkLayerAddress == other.linkLayerAddress
  }
}
