import NDPWire
import TestSupport

/// What was seen instead of what was expected, in a few words.
func difference(_ seen: [EmittedFrame], from expected: [[UInt8]]) -> String {
  if expected.isEmpty { return seen.isEmpty ? "silent" : seen.summary }
  if seen.isEmpty { return "silent" }
  guard seen.count == expected.count else {
    return "\(seen.summary) instead of \(expected.count)"
  }
  let pairs = zip(seen.map(\.octets), expected).filter { $0.0 != $0.1 }
  return pairs.first.map { fieldDifferences($0.0, $0.1).joined(separator: ", ") } ?? "the same"
}

extension [EmittedFrame] {
  /// `answers`, `2 answers, asks on dn0`.
  fileprivate var summary: String {
    let words = map { $0.kindOfMessage }
    var counts: [(word: String, count: Int)] = []
    for word in words {
      if let index = counts.firstIndex(where: { $0.word == word }) {
        counts[index].count += 1
      } else {
        counts.append((word, 1))
      }
    }
    return counts.map { $0.count == 1 ? $0.word : "\($0.word) ×\($0.count)" }
      .joined(separator: ", ")
  }
}

extension EmittedFrame {
  /// What it is, in a few words.
  fileprivate var kindOfMessage: String {
    guard let message else { return "sends something that is not ICMPv6" }
    switch message[0] {
    case 136: return "answers"
    case 135: return "asks on \(side.rawValue)"
    case 1: return "ICMPv6 destination unreachable, code \(message[1])"
    case let type: return "ICMPv6 type \(type)"
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
  if seen.count != expected.count { differences.append("\(seen.count) octets") }
  return differences
}

private let fields: [(String, Range<Int>, @Sendable ([UInt8]) -> String)] = [
  ("to frame address", 0..<6, address),
  ("from frame address", 6..<12, address),
  ("EtherType", 12..<14, hex),
  ("first word", 14..<18, hex),
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
