import NDPWire
import ProxyEngine
import ProxyModel

// Messages as the log tells them; made only when somebody reads along.

extension NeighborSolicitation {
  var sentence: String {
    let asker =
      isDuplicateAddressDetection ? "a host checks for duplicates of" : "\(source) asks for"
    return "\(asker) \(target)"
  }
}

extension NeighborAdvertisement {
  var sentence: String {
    let place = targetLinkLayerAddress.map { " is at \($0)" } ?? " is here"
    return "\(source) tells \(destination) that \(target)\(place)"
  }
}

extension Counters {
  /// What was done, and why the rest was not, for the end of a log.
  var summary: String {
    let ignored = DiscardReason.allCases.map { ("\($0)", self[$0]) }
    let dropped = DropReason.allCases.map { ("malformed.\($0)", self[$0]) }
    let counts = [("answered", advertised), ("asked", solicited)] + ignored + dropped
    let shown = counts.enumerated().filter { $0.offset < 2 || $0.element.1 > 0 }
    return shown.map { "\($0.element.0)=\($0.element.1)" }.joined(separator: " ")
  }
}
