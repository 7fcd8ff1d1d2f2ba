import LinuxSurvey
import NDPWire

/// A rule that accepts what comes from or goes to a prefix by one interface.
struct Acceptance {
  private let interface: String
  private let isEntering: Bool
  private let prefix: IPv6Prefix
  private let isSource: Bool

  init(entering interface: String, from prefix: IPv6Prefix) {
    (self.interface, isEntering, self.prefix, isSource) = (interface, true, prefix, true)
  }

  init(entering interface: String, to prefix: IPv6Prefix) {
    (self.interface, isEntering, self.prefix, isSource) = (interface, true, prefix, false)
  }

  init(leaving interface: String, from prefix: IPv6Prefix) {
    (self.interface, isEntering, self.prefix, isSource) = (interface, false, prefix, true)
  }

  init(leaving interface: String, to prefix: IPv6Prefix) {
    (self.interface, isEntering, self.prefix, isSource) = (interface, false, prefix, false)
  }

  /// In the language of nft(8).
  var text: String {
    "\(isEntering ? "iifname" : "oifname") \"\(interface)\" "
      + "ip6 \(isSource ? "saddr" : "daddr") \(prefix) accept"
  }

  /// As the kernel has it.
  var rule: NetfilterRule {
    let (entering, leaving): (UInt32, UInt32) = (6, 7)
    let missing = max(0, 16 - interface.utf8.count)
    let name = Array(interface.utf8) + [UInt8](repeating: 0, count: missing)
    let mask = IPv6Address(bits: IPv6Prefix.mask(length: prefix.length)).octets
    return NetfilterRule(
      handle: .max,
      expressions: [
        .meta(key: isEntering ? entering : leaving, register: 0),
        .compare(register: 0, operation: 0, data: name),
        .payload(base: 1, offset: isSource ? 8 : 24, length: 16, register: 0),
        .bitwise(source: 0, register: 0, mask: mask, xor: [UInt8](repeating: 0, count: 16)),
        .compare(register: 0, operation: 0, data: prefix.address.octets), .verdict(.accept),
      ])
  }
}

/// Where rules are added to a chain.
enum RulePlace {
  case front, end
}

extension Firewall {
  /// Whether packets would not be dropped where they are now, had a chain these rules.
  func opens(
    _ passages: [Passage], at site: DropSite, by rules: [Acceptance], at place: RulePlace = .front,
    of name: String
  ) -> Bool {
    var changed = ruleset
    guard
      let index = changed.chains.firstIndex(where: {
        $0.family == site.base.family && $0.table == site.base.table && $0.name == name
      })
    else { return false }
    let end = changed.chains[index].rules.count
    changed.chains[index].rules.insert(
      contentsOf: rules.map(\.rule), at: place == .front ? 0 : end)
    let after = Firewall(ruleset: changed)
    return passages.allSatisfy { passage in
      guard let left = Blockade(of: passage, by: after)?.site else { return true }
      return left.base.words != site.base.words
    }
  }
}
