import NDPWire
import TestSupport

/// What was seen instead of what was expected, in a few words.
func difference(_ seen: [EmittedFrame], from expected: [[UInt8]]) -> String {
  if expected.isEmpty { return seen.isEmpty ? "no answer" : seen.summary }
  if seen.isEmpty { return "no answer" }
  guard seen.count == expected.count else {
    return "\(seen.summary) instead of \(expected.count)"
  }
  let pairs = zip(seen.map(\.octets), expected).filter { $0.0 != $0.1 }
  return pairs.first.map { fieldDifferences($0.0, $0.1).joined(separator: ", ") } ?? "the same"
}

extension [EmittedFrame] {
  /// `1 answer`, `2 answers, 1 solicitation on dn0`.
  fileprivate var summary: String {
    var counts: [(kind: (noun: String, detail: String), count: Int)] = []
    for kind in map(\.kindOfMessage) {
      if let index = counts.firstIndex(where: { $0.kind == kind }) {
        counts[index].count += 1
      } else {
        counts.append((kind, 1))
      }
    }
    return counts.map { "\($0.count) \($0.kind.noun)\($0.count == 1 ? "" : "s")\($0.kind.detail)" }
      .joined(separator: ", ")
  }
}

extension EmittedFrame {
  /// What it is: a noun, and what follows it.
  fileprivate var kindOfMessage: (noun: String, detail: String) {
    guard let message else { return ("packet", " that is not ICMPv6") }
    switch message[0] {
    case 136: return ("answer", "")
    case 135: return ("solicitation", " on \(side.rawValue)")
    case 1: return ("error", ": destination unreachable, code \(message[1])")
    case let type: return ("message", " of ICMPv6 type \(type)")
    }
  }
}

/// Names each field in which two frames without extension headers differ.
private func fieldDifferences(_ seen: [UInt8], _ expected: [UInt8]) -> [String] {
  var differences: [String] = []
  for (name, range, format) in fields {
    let left = Array(seen.dropFirst(range.lowerBound).prefix(range.count))
    let right = Array(expected.dropFirst(range.lowerBound).prefix(range.count))
    if left != right { differences.append("\(name) \(format(left))") }
  }
  if seen.count != expected.count { differences.append("length \(seen.count)") }
  return differences
}

private let fields: [(String, Range<Int>, @Sendable ([UInt8]) -> String)] = [
  ("frame destination", 0..<6, address),
  ("frame source", 6..<12, address),
  ("EtherType", 12..<14, hex),
  ("version, class and flow label", 14..<18, hex),
  ("hop limit", 21..<22, { "\($0.first ?? 0)" }),
  ("source", 22..<38, { "\(IPv6Address(octets: $0))" }),
  ("destination", 38..<54, { "\(IPv6Address(octets: $0))" }),
  ("type and code", 54..<56, hex),
  ("flags", 58..<59, { flags($0.first ?? 0) }),
  ("reserved bits", 59..<62, hex),
  ("target", 62..<78, { "\(IPv6Address(octets: $0))" }),
  ("options", 78..<2048, { $0.isEmpty ? "none" : hex($0) }),
]

private func address(_ octets: [UInt8]) -> String {
  octets.map { hex([$0]) }.joined(separator: ":")
}

private func flags(_ octet: UInt8) -> String {
  let names = [(0x80 as UInt8, "R"), (0x40, "S"), (0x20, "O")]
  let set = names.filter { octet & $0.0 != 0 }.map(\.1).joined()
  return set.isEmpty ? "none" : set
}
