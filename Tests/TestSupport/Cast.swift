package import NDPWire

/// Who plays the stations of a recording: other addresses in place of those that were recorded.
package struct Cast {
  private var addresses: [(recorded: IPv6Address, played: IPv6Address)] = []
  private var stations: [(recorded: MACAddress, played: MACAddress)] = []
  /// What duplicate detection is told apart by (RFC 7527); as recorded where it is `nil`.
  package var nonce: UInt64?

  package init() {}

  /// Puts an address in the place of another; what was said of that one before counts.
  package mutating func replace(_ recorded: IPv6Address, by played: IPv6Address) {
    if !recorded.isUnspecified { addresses.append((recorded, played)) }
  }

  /// Puts a link-layer address in the place of another; what was said of that one before counts.
  package mutating func replace(_ recorded: MACAddress, by played: MACAddress) {
    stations.append((recorded, played))
  }

  /// The frame as this cast plays it; its checksum is right.
  ///
  /// The octets are those of a solicitation or an advertisement. Traps where they name somebody who
  /// has no part.
  package func play(_ recorded: [UInt8]) -> [UInt8] {
    var octets = recorded
    let isSolicitation = octets[54] == 135
    let target = played(IPv6Address(octets: octets[62..<78]))
    var destination = IPv6Address(octets: octets[38..<54])
    if destination.isMulticast {
      if isSolicitation { destination = target.solicitedNodeMulticast }
      octets.put(MACAddress(multicast: destination), at: 0)
    } else {
      destination = played(destination)
      octets.put(played(MACAddress(octets: octets[..<6])), at: 0)
    }
    octets.put(played(MACAddress(octets: octets[6..<12])), at: 6)
    octets.put(played(IPv6Address(octets: octets[22..<38])), at: 22)
    octets.put(destination, at: 38)
    octets.put(target, at: 62)
    playOptions(&octets)
    octets.setChecksum()
    return octets
  }

  private func playOptions(_ octets: inout [UInt8]) {
    var place = 78
    while place + 8 <= octets.count {
      switch octets[place] {
      case 1, 2:
        let station = MACAddress(octets: octets[(place + 2)..<(place + 8)])
        octets.put(played(station), at: place + 2)
      case 14:
        if let nonce { octets.put(MACAddress(bits: nonce & 0xffff_ffff_ffff), at: place + 2) }
      default: break
      }
      place += 8 * Int(octets[place + 1])
    }
  }

  private func played(_ recorded: IPv6Address) -> IPv6Address {
    if recorded.isUnspecified { return recorded }
    for part in addresses where part.recorded == recorded { return part.played }
    preconditionFailure("\(recorded) has no part")
  }

  private func played(_ recorded: MACAddress) -> MACAddress {
    for part in stations where part.recorded == recorded { return part.played }
    preconditionFailure("\(recorded) has no part")
  }
}

// MARK: - Octets

extension MACAddress {
  init(octets: ArraySlice<UInt8>) {
    self.init(bits: octets.reduce(0) { $0 << 8 | UInt64($1) })
  }
}

extension IPv6Address {
  init(octets: ArraySlice<UInt8>) {
    self.init(bits: octets.reduce(0) { $0 << 8 | UInt128($1) })
  }
}

extension [UInt8] {
  fileprivate mutating func put(_ address: MACAddress, at place: Int) {
    for offset in 0..<6 {
      self[place + offset] = UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * offset))
    }
  }

  fileprivate mutating func put(_ address: IPv6Address, at place: Int) {
    for offset in 0..<16 {
      self[place + offset] = UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * offset))
    }
  }

  /// Makes the checksum of a frame right whose payload is an ICMPv6 message alone.
  fileprivate mutating func setChecksum() {
    self[56] = 0
    self[57] = 0
    var sum = UInt64(count - 54 + 58)
    for place in stride(from: 22, to: count - 1, by: 2) {
      sum += UInt64(self[place]) << 8 | UInt64(self[place + 1])
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    self[56] = UInt8(truncatingIfNeeded: ~sum >> 8)
    self[57] = UInt8(truncatingIfNeeded: ~sum)
  }
}
