import NDPWire

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
