// The only file of this room that is unsafe: loads that need not be aligned, each behind its bound.

extension RawSpan {
  /// The big-endian integer at `offset`.
  ///
  /// Precondition: all its octets lie inside the span. One load and one byte swap.
  func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number {
    precondition(offset >= 0 && offset <= byteCount - MemoryLayout<Number>.size)
    // Any bit pattern is an integer, and the bound stands in the line above.
    return Number(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// The IPv6 address at `offset`, 16 octets.
  func address(at offset: Int) -> IPv6Address {
    IPv6Address(bits: bigEndian(at: offset))
  }

  /// The Ethernet address at `offset`, 6 octets.
  func linkLayerAddress(at offset: Int) -> MACAddress {
    let high: UInt32 = bigEndian(at: offset)
    let low: UInt16 = bigEndian(at: offset + 4)
    return MACAddress(bits: UInt64(high) << 16 | UInt64(low))
  }
}

extension MutableRawSpan {
  /// Stores an integer big-endian at `offset`; traps if it does not fit.
  mutating func store<Number: FixedWidthInteger & BitwiseCopyable>(
    _ number: Number, at offset: Int
  ) {
    storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
  }

  /// Stores the 16 octets of an IPv6 address at `offset`.
  mutating func store(_ address: IPv6Address, at offset: Int) {
    store(address.bits, at: offset)
  }

  /// Stores the 6 octets of an Ethernet address at `offset`.
  mutating func store(_ address: MACAddress, at offset: Int) {
    store(UInt32(truncatingIfNeeded: address.bits >> 16), at: offset)
    store(UInt16(truncatingIfNeeded: address.bits), at: offset + 4)
  }
}
