import ControlProtocol
import NDPWire
import ProxyEngine
import ProxyModel

// Messages as monitors are told of them.

extension WatchedMessage {
  /// How many octets of a frame are told.
  static let frameLimit = 256

  init(_ frame: EthernetFrame<NeighborSolicitation>, _ outcome: Outcome) {
    self.init()
    kind = .solicitation
    source = frame.message.source
    destination = frame.message.destination
    target = frame.message.target
    linkLayerAddress = frame.message.sourceLinkLayerAddress
    decision = outcome.code
    reason = outcome.sentence
  }

  init(_ frame: EthernetFrame<NeighborAdvertisement>, _ outcome: Outcome) {
    self.init()
    let message = frame.message
    kind = .advertisement
    source = message.source
    destination = message.destination
    target = message.target
    linkLayerAddress = message.targetLinkLayerAddress
    let set = [(message.isRouter, "R"), (message.isSolicited, "S"), (message.isOverride, "O")]
    flags = set.filter(\.0).map(\.1).joined()
    decision = outcome.code
    reason = outcome.sentence
  }

  init(_ reason: DropReason) {
    self.init()
    decision = "\(reason)"
    self.reason = "a malformed frame"
  }
}
