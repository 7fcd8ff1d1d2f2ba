package import NDPWire

/// `NLMSG_ALIGN` and `RTA_ALIGN`.
func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

/// Walks over the attributes behind a fixed header; stops at the first that is cut off.
package func forEachAttribute(
  in payload: RawSpan, behind header: Int, _ body: (UInt16, RawSpan) -> Void
) {
  guard payload.byteCount >= header else { return }
  let headerLength = 4
  let flags: UInt16 = 0xc000
  var rest = payload.extracting(droppingFirst: min(aligned(header), payload.byteCount))
  while rest.byteCount >= headerLength {
    let length = Int(rest.native(at: 0, as: UInt16.self))
    guard headerLength...rest.byteCount ~= length else { return }
    body(rest.native(at: 2, as: UInt16.self) & ~flags, rest.extracting(headerLength..<length))
    rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
  }
}

extension RawSpan {
  /// The integer at `offset` in this machine's order.
  ///
  /// Precondition: all its octets lie inside the span.
  package func native<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type = Number.self
  ) -> Number {
    precondition(offset >= 0 && offset <= byteCount - MemoryLayout<Number>.size)
    // Any bit pattern is an integer, and the bound stands in the line above.
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
  }

  /// The IPv6 address at its start; traps where there are fewer than 16 octets.
  package var ipv6Address: IPv6Address {
    IPv6Address(bits: native(at: 0, as: UInt128.self).byteSwapped)
  }

  /// The link-layer address at its start; traps where there are fewer than 6 octets.
  package var macAddress: MACAddress {
    MACAddress(bits: (0..<6).reduce(0) { $0 << 8 | UInt64(native(at: $1, as: UInt8.self)) })
  }

  /// The octets before the terminating zero as text.
  package var text: String {
    unsafe withUnsafeBytes { octets in
      // Copied from inside the span, whose end bounds the search for the zero.
      unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

extension [UInt8] {
  /// Appends an attribute whose value is a number.
  mutating func append<Number: FixedWidthInteger>(attribute: UInt16, _ value: Number) {
    appendHeader(attribute, length: MemoryLayout<Number>.size)
    append(native: value)
    pad()
  }

  /// Appends an attribute with octets as they are.
  package mutating func append(attribute: UInt16, octets: some Collection<UInt8>) {
    appendHeader(attribute, length: octets.count)
    self += octets
    pad()
  }

  /// `struct nlattr`.
  private mutating func appendHeader(_ attribute: UInt16, length: Int) {
    append(native: UInt16(4 + length))
    append(native: attribute)
  }

  private mutating func pad() {
    while count != aligned(count) { append(0) }
  }
}
