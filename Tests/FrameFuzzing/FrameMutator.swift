package import NDPWire

/// Damages frames where it matters: one kind for each class of damage.
package struct FrameMutator {
  /// Addresses that mean something where the frames go: they turn up as source, destination and
  /// target.
  package var addresses: [IPv6Address]
  /// Link-layer addresses that mean something there.
  package var stations: [MACAddress]

  package init(addresses: [IPv6Address], stations: [MACAddress]) {
    self.addresses = addresses + Self.special
    self.stations =
      stations + [0, 0x3333_0000_0001, 0xffff_ffff_ffff].map(MACAddress.init(bits:))
  }

  private static let special = [
    "::", "::1", "ff02::1", "ff02::2", "ff05::1:3", "fe80::1", "::ffff:1.2.3.4", "::1.2.3.4",
    "2001:db8::", "fec0::1", "fd00::1", "ff02::1:ff00:10",
  ].map { IPv6Address($0)! }

  /// The classes of damage that are about octets.
  package enum Kind: Int, CaseIterable, Sendable {
    case length, ethernet, ip, extensionHeader, addresses, icmp, target, options, flags, octets
  }

  /// A frame made from one of `bases`, with some damage or none.
  package func frame(
    from bases: ArraySlice<[UInt8]>, using random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var frame = bases.randomElement(using: &random)!
    guard frame.count >= 78 else { return frame }
    let damages = Int.random(in: 0...3, using: &random)
    var kinds: [Kind] = []
    for _ in 0..<damages { kinds.append(Kind.allCases.randomElement(using: &random)!) }
    for kind in kinds { damage(&frame, kind, using: &random) }
    // Most get a right length and checksum, or nothing would be seen of what comes after these.
    if Int.random(in: 0..<8, using: &random) != 0 {
      frame.mend(fixingLength: !kinds.contains(.length))
    }
    return frame
  }

  private func damage(
    _ frame: inout [UInt8], _ kind: Kind, using random: inout some RandomNumberGenerator
  ) {
    // What an earlier damage left may be too short for another.
    guard frame.count >= 78 else { return }
    switch kind {
    case .length: changeLength(of: &frame, using: &random)
    case .ethernet: changeEthernet(of: &frame, using: &random)
    case .ip: changeHeader(of: &frame, using: &random)
    case .extensionHeader: insertExtensionHeaders(into: &frame, using: &random)
    case .addresses:
      frame.put(address(using: &random), at: Bool.random(using: &random) ? 22 : 38)
    case .icmp: changeMessage(of: &frame, using: &random)
    case .target: frame.put(address(using: &random), at: 62)
    case .options: changeOptions(of: &frame, using: &random)
    case .flags:
      frame[54] = 136
      frame[58] = UInt8.random(in: 0...7, using: &random) << 5
      if frame.count > 78 { frame[78] = UInt8.random(in: 1...2, using: &random) }
    case .octets:
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        frame[frame.indices.randomElement(using: &random)!] ^=
          1
          << UInt8.random(in: 0...7, using: &random)
      }
    }
  }

  private func address(using random: inout some RandomNumberGenerator) -> IPv6Address {
    var address = addresses.randomElement(using: &random)!
    switch Int.random(in: 0..<6, using: &random) {
    case 0: address.bits &+= 1
    case 1: address.bits &-= 1
    case 2: address = address.solicitedNodeMulticast
    default: break
    }
    return address
  }

  private func changeLength(
    of frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: frame.removeLast(Int.random(in: 0...frame.count, using: &random))
    case 1:
      let length = [0, 1, 7, 23, 24, 25, 31, 32, 33, 40, 1280, 65535].randomElement(using: &random)!
      frame[18] = UInt8(length / 256)
      frame[19] = UInt8(length % 256)
    case 2:
      let count = [1, 2, 7, 8, 46, 1414, 8914].randomElement(using: &random)!
      frame += [UInt8](repeating: UInt8.random(in: 0 ... .max, using: &random), count: count)
    default:
      let length = frame.count - 54
      frame[18] = UInt8(length / 256)
      frame[19] = UInt8(max(0, length % 256 - Int.random(in: -8...8, using: &random)) & 0xff)
    }
  }

  private func changeEthernet(
    of frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: frame.put(stations.randomElement(using: &random)!, at: 0)
    case 1: frame.put(stations.randomElement(using: &random)!, at: 6)
    case 2:
      let types: [[UInt8]] = [[8, 0], [0, 32], [0x81, 0], [0x88, 0xa8], [0x86, 0xdc], [8, 6]]
      frame.replaceSubrange(12..<14, with: types.randomElement(using: &random)!)
    case 3:
      let tag: [UInt8] = [0x81, 0, 0, UInt8.random(in: 0...5, using: &random)]
      frame.insert(contentsOf: tag, at: 12)
    default: frame.insert(contentsOf: [0x88, 0xa8, 0, 1, 0x81, 0, 0, 2], at: 12)
    }
  }

  private func changeHeader(
    of frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    let any = UInt8.random(in: 0 ... .max, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: frame[14] = any
    case 1: frame[15] = any
    case 2: frame[20] = any
    default: frame[21] = any
    }
  }

  private func insertExtensionHeaders(
    into frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    let kinds: [UInt8] = [0, 60, 43, 44, 50, 51, 59, 135, 139, 140]
    for _ in 0..<[1, 1, 1, 2, 3, 40].randomElement(using: &random)! {
      let length = UInt8.random(in: 0...2, using: &random)
      let kind = [0, 0x3e, 5, 0xc2, 0x1e, 0x45].randomElement(using: &random)! as UInt8
      var header: [UInt8] = [frame[20], length, kind, 4, 0, 0, 0, 0]
      header += [UInt8](repeating: 0, count: Int(length) * 8)
      frame[20] = kinds.randomElement(using: &random)!
      frame.insert(contentsOf: header, at: 54)
    }
  }

  private func changeMessage(
    of frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: frame[54] = UInt8.random(in: 0 ... .max, using: &random)
    case 1: frame[54] = 15 &- frame[54]
    case 2: frame[55] = [1, 255].randomElement(using: &random)!
    case 3:
      let sums: [[UInt8]] = [[0, 0], [255, 255], [frame[57], frame[56]]]
      frame.replaceSubrange(56..<58, with: sums.randomElement(using: &random)!)
    default:
      for place in 58..<62 { frame[place] = UInt8.random(in: 0 ... .max, using: &random) }
    }
  }

  private func changeOptions(
    of frame: inout [UInt8], using random: inout some RandomNumberGenerator
  ) {
    if Int.random(in: 0..<4, using: &random) == 0 { frame.removeLast(frame.count - 78) }
    for _ in 0..<[1, 1, 2, 3, 178].randomElement(using: &random)! where frame.count < 1500 {
      frame += option(using: &random)
    }
    if Int.random(in: 0..<8, using: &random) == 0 {
      frame += [UInt8](repeating: 0, count: Int.random(in: 1...7, using: &random))
    }
  }

  private func option(using random: inout some RandomNumberGenerator) -> [UInt8] {
    let type =
      Bool.random(using: &random)
      ? UInt8.random(in: 1...2, using: &random)
      : [0, 3, 5, 11, 14, 33, 253, 255].randomElement(using: &random)!
    let length = [1, 1, 1, 1, 1, 1, 0, 2, 31, 255].randomElement(using: &random)! as UInt8
    var option: [UInt8] = [type, length, 0, 0, 0, 0, 0, 0]
    option.put(stations.randomElement(using: &random)!, at: 2)
    if Bool.random(using: &random), length > 1 {
      option += [UInt8](repeating: 0, count: Int(length - 1) * 8)
    }
    return option
  }
}

extension [UInt8] {
  /// Stores an address, most significant octet first.
  package mutating func put(_ address: IPv6Address, at offset: Int) {
    for place in 0..<16 {
      self[offset + place] = UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * place))
    }
  }

  /// Stores a link-layer address, most significant octet first.
  package mutating func put(_ address: MACAddress, at offset: Int) {
    for place in 0..<6 {
      self[offset + place] = UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * place))
    }
  }
}
