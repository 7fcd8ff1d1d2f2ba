package import ControlProtocol
package import NDPWire
package import ProxyEngine
import ProxyModel

// Messages and what became of them, in words and as monitors are told of them.

extension Outcome {
  /// One word.
  package var code: String {
    switch self {
    case .answered: "answered"
    case .asked: "asked"
    case .lookedUp: "lookedUp"
    case .waiting: "waiting"
    case .confirmed: "confirmed"
    case .ignored(let reason): reason.name
    case .dropped(let reason): reason.name
    case .noted: "noted"
    }
  }

  /// The same in words.
  package var sentence: String {
    switch self {
    case .answered: "answered"
    case .asked: "sending a solicitation for the target"
    case .lookedUp: "looking up the route"
    case .waiting: "waiting for the target, to which a solicitation was sent"
    case .confirmed: "the target is reachable"
    case .ignored(let reason): reason.sentence
    case .dropped: "malformed frame"
    case .noted: "not a message"
    }
  }
}

extension NeighborSolicitation {
  /// Who asks, and for what.
  package var sentence: String {
    isDuplicateAddressDetection
      ? "solicitation for \(target) by Duplicate Address Detection"
      : "solicitation for \(target) from \(source)"
  }
}

extension NeighborAdvertisement {
  /// Who tells whom, and what.
  package var sentence: String {
    let place = targetLinkLayerAddress.map { " at \($0)" } ?? ""
    return "advertisement for \(target)\(place) from \(source) to \(destination)"
  }
}

extension Counters {
  /// What was done, and why the rest was not, for the end of a log.
  package var summary: String {
    let ignored = DiscardReason.allCases.map { ($0.name, self[$0]) }
    let dropped = DropReason.allCases.map { ("malformed.\($0.name)", self[$0]) }
    let counts = [("answered", advertised), ("asked", solicited)] + ignored + dropped
    let shown = counts.enumerated().filter { $0.offset < 2 || $0.element.1 > 0 }
    return shown.map { "\($0.element.0)=\($0.element.1)" }.joined(separator: " ")
  }
}

extension WatchedMessage {
  /// How many octets of a frame are told.
  package static let frameLimit = 256

  /// Tells of a solicitation.
  package init(_ frame: EthernetFrame<NeighborSolicitation>, _ outcome: Outcome) {
    self.init()
    kind = .solicitation
    source = frame.message.source
    destination = frame.message.destination
    target = frame.message.target
    linkLayerAddress = frame.message.sourceLinkLayerAddress
    decision = outcome.code
    reason = outcome.sentence
  }

  /// Tells of an advertisement.
  package init(_ frame: EthernetFrame<NeighborAdvertisement>, _ outcome: Outcome) {
    self.init()
    let message = frame.message
    kind = .advertisement
    source = message.source
    destination = message.destination
    target = message.target
    linkLayerAddress = message.targetLinkLayerAddress
    let set = [(message.isRouter, "R"), (message.isSolicited, "S"), (message.isOverride, "O")]
    flags = set.filter { $0.0 }.map { $0.1 }.joined()
    decision = outcome.code
    reason = outcome.sentence
  }

  /// Tells of a frame that was neither.
  package init(_ reason: DropReason) {
    self.init()
    decision = reason.name
    self.reason = "malformed frame"
  }
}
