extension IPv6Address: LosslessStringConvertible {
  /// Reads the text forms of RFC 4291 §2.2, all three and nothing else.
  ///
  /// Up to eight groups of one to four hexadecimal digits, one `::` for at least one group of
  /// zeros, the last two groups also as a dotted quad without leading zeros. No zone, no blanks,
  /// no prefix length. `nil` for anything else.
  public init?(_ text: String) {
    self.init(text[...])
  }

  /// The same for a part of a text, without copying it.
  public init?(_ text: Substring) {
    var reader = AddressTextReader(rest: text.utf8)
    guard let bits = reader.readAddress() else { return nil }
    self.init(bits: bits)
  }

  /// The canonical text of RFC 5952: lower case, no leading zeros, the longest zero run as `::`.
  ///
  /// Addresses in `::ffff:0:0/96` end in a dotted quad (RFC 5952 §5). Allocates.
  public var description: String {
    if isIPv4Mapped {
      let octets = stride(from: 24, through: 0, by: -8).map {
        String(UInt8(truncatingIfNeeded: bits >> $0))
      }
      return "::ffff:" + octets.joined(separator: ".")
    }
    let groups = stride(from: 112, through: 0, by: -16).map {
      UInt16(truncatingIfNeeded: bits >> $0)
    }
    let zeros = longestZeroRun(of: groups)
    let text = { (part: ArraySlice<UInt16>) in
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard zeros.count > 1 else { return text(groups[...]) }
    return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
  }
}

/// The longest run of zero groups, the first of equals; empty where there is none (RFC 5952 §4.2).
private func longestZeroRun(of groups: [UInt16]) -> Range<Int> {
  var longest = 0..<0
  var start = 0
  for index in groups.indices {
    guard groups[index] == 0 else {
      start = index + 1
      continue
    }
    if index + 1 - start > longest.count { longest = start..<index + 1 }
  }
  return longest
}

private struct AddressTextReader {
  var rest: Substring.UTF8View

  /// The groups before and after `::` grow towards each other; `nil` while no `::` was seen.
  private var groups: [UInt16] = []
  private var compressedAt: Int?

  init(rest: Substring.UTF8View) {
    self.rest = rest
  }

  mutating func readAddress() -> UInt128? {
    if take("::") { compressedAt = 0 }
    while !rest.isEmpty {
      if groups.count == 8 { return nil }
      if groups.count <= 6, let quad = readDottedQuad() {
        groups += [UInt16(quad >> 16), UInt16(truncatingIfNeeded: quad)]
        break
      }
      guard let group = readGroup() else { return nil }
      groups.append(group)
      if rest.isEmpty { break }
      if take("::") {
        guard compressedAt == nil else { return nil }
        compressedAt = groups.count
      } else if !take(":") || rest.isEmpty {
        return nil
      }
    }
    return joined()
  }

  private func joined() -> UInt128? {
    var all = groups
    if let compressedAt {
      guard groups.count < 8 else { return nil }
      all.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: compressedAt)
    }
    guard all.count == 8 else { return nil }
    return all.reduce(0) { $0 << 16 | UInt128($1) }
  }

  private mutating func take(_ word: StaticString) -> Bool {
    let expected = "\(word)".utf8
    guard rest.starts(with: expected) else { return false }
    rest = rest.dropFirst(expected.count)
    return true
  }

  private mutating func readGroup() -> UInt16? {
    let digits = rest.prefix { hexadecimalValue($0) != nil }
    guard 1...4 ~= digits.count else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 << 4 | UInt16(hexadecimalValue($1)!) }
  }

  /// Takes the whole rest as `a.b.c.d`, or takes nothing.
  private func readDottedQuad() -> UInt32? {
    let parts = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var quad: UInt32 = 0
    for part in parts {
      let hasLeadingZero = part.count > 1 && part.first == UInt8(ascii: "0")
      guard 1...3 ~= part.count, !hasLeadingZero else { return nil }
      var octet = 0
      for digit in part {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
        octet = octet * 10 + Int(digit - UInt8(ascii: "0"))
      }
      guard octet <= 255 else { return nil }
      quad = quad << 8 | UInt32(octet)
    }
    return quad
  }
}

/// The value of one hexadecimal digit, either case.
func hexadecimalValue(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
  default: nil
  }
}
