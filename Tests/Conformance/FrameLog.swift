import NDPWire

/// What a proxy's host has sent, found by the addresses that are in it.
struct FrameLog {
  private var frames: [EmittedFrame] = []
  /// Where in `frames` each address occurs.
  private var positions: [IPv6Address: [Int]] = [:]

  mutating func add(_ frame: EmittedFrame) {
    for address in Set(frame.addresses) { positions[address, default: []].append(frames.count) }
    frames.append(frame)
  }

  /// Those with one of these addresses as source, destination or target, in order.
  func frames(about addresses: Set<IPv6Address>) -> [EmittedFrame] {
    var found: Set<Int> = []
    for address in addresses { found.formUnion(positions[address, default: []]) }
    return found.sorted().map { frames[$0] }
  }
}

extension EmittedFrame {
  /// Its source, destination and, if it has one, target.
  fileprivate var addresses: [IPv6Address] {
    guard octets.count >= 54 else { return [] }
    let hasTarget = octets.count >= 78 && octets[20] == 58 && 133...137 ~= octets[54]
    return (hasTarget ? [22, 38, 62] : [22, 38]).map {
      IPv6Address(octets: octets[$0..<$0 + 16])
    }
  }
}
