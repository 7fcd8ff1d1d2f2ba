import NDPWire
import ProxyEngine

/// The text of the file: a first line, one for each target, and a last line with their number.
enum TargetList {
  /// What is read at the most.
  static let octetLimit = 8 << 20

  private static let head = "ndpproxy-targets 1"
  /// How many octets at the beginning are the same in each version.
  static let nameLength = "ndpproxy-targets ".utf8.count

  /// Whether a text is of this kind, be it damaged.
  static func isOurs(_ octets: [UInt8]) -> Bool {
    octets.isEmpty || octets.starts(with: head.utf8.prefix(nameLength))
  }

  /// The text that keeps these.
  static func text(of targets: [RememberedTarget]) -> [UInt8] {
    var text = head + "\n"
    var count = 0
    for target in targets where text.utf8.count < octetLimit - 1000 {
      text += "\(target.proxy) \(target.target)"
      for solicitor in target.solicitors {
        text += " \(solicitor.address) \(solicitor.linkLayerAddress)"
      }
      text += "\n"
      count += 1
    }
    return Array((text + "end \(count)\n").utf8)
  }

  /// What a text keeps; `nil` where it is not such a text, or a part of one.
  static func targets(in octets: [UInt8]) -> [RememberedTarget]? {
    guard octets.count <= octetLimit, let text = String(validating: octets, as: UTF8.self),
      text.hasSuffix("\n")
    else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard lines.count >= 2, lines.first == head[...], lines.last == "end \(lines.count - 2)" else {
      return nil
    }
    var targets: [RememberedTarget] = []
    for line in lines.dropFirst().dropLast() {
      guard let target = RememberedTarget(line) else { return nil }
      targets.append(target)
    }
    return targets
  }
}

extension RememberedTarget {
  fileprivate init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 2, words.count.isMultiple(of: 2), words.count <= 18, !words[0].isEmpty,
      let target = IPv6Address(words[1])
    else { return nil }
    var solicitors: [Solicitor] = []
    for place in stride(from: 2, to: words.count, by: 2) {
      guard let address = IPv6Address(words[place]),
        let station = MACAddress(String(words[place + 1])),
        !address.isMulticast, !address.isUnspecified, !station.isMulticast
      else { return nil }
      solicitors.append(Solicitor(address: address, linkLayerAddress: station))
    }
    self.init(proxy: String(words[0]), target: target, solicitors: solicitors)
  }
}
