import NDPWire
import ProxyModel

extension Lowering {
  /// The key of an entry, where it may stand in this block; otherwise it is reported, and ignored.
  ///
  /// A block or an `include` that would be ignored is always an error: rules would be lost.
  mutating func recognize(
    _ entry: Entry, in block: Keyword.Block, severity: Diagnostic.Severity = .warning
  ) -> Keyword? {
    if entry.key.isDamaged { return nil }
    let name = source.text(entry.key.range)
    let keyword = Keyword.named(name, in: block)
    let loses = entry.block != nil || keyword?.takesPath == true
    let severity = loses ? .error : severity
    guard let keyword else {
      reportUnknown(entry, name: name, in: block, severity: severity)
      return nil
    }
    guard keyword.block == block else {
      reportMisplaced(entry, keyword, in: block, severity: severity)
      return nil
    }
    if let surplus = entry.block, !keyword.opensBlock {
      diagnostics.report(
        .error, .unexpectedBlock, at: surplus.openBrace, "'\(name)' takes no block",
        suggestion: "remove the braces")
    }
    return keyword
  }

  /// Whether an option is given for the first time; the first one counts, as in ndppd.
  mutating func isFirst(
    _ keyword: Keyword, at entry: Entry, in given: inout [String: Int]
  ) -> Bool {
    let offset = entry.key.range.lowerBound
    guard let first = given[keyword.name] else {
      given[keyword.name] = offset
      return true
    }
    diagnostics.report(
      .warning, .duplicateKey, at: offset,
      "'\(keyword.name)' was given on \(source.line(of: first, seenFrom: offset)), and the first counts",
      suggestion: "remove one of them")
    return false
  }

  /// The value of a key that needs one; its lack is reported.
  mutating func value(of entry: Entry, _ keyword: Keyword) -> Word? {
    guard let word = entry.value else {
      diagnostics.report(
        .error, .missingValue, at: entry.key.range.lowerBound, "'\(keyword.name)' needs a value",
        suggestion: "write '\(keyword.usage)'")
      return nil
    }
    return word
  }

  private mutating func reportUnsupported(_ entry: Entry, name: String, remedy: String) {
    diagnostics.report(
      entry.block == nil ? .warning : .error, .unsupportedKey, at: entry.key.range.lowerBound,
      "'\(name)' is a key of ndppd 1.0 and not supported", suggestion: remedy)
  }

  private mutating func reportUnknown(
    _ entry: Entry, name: String, in block: Keyword.Block, severity: Diagnostic.Severity
  ) {
    if let remedy = remediesForSuccessor[name] {
      return reportUnsupported(entry, name: name, remedy: remedy)
    }
    diagnostics.report(
      severity, .unknownKey, at: entry.key.range.lowerBound,
      "unknown key \(name.quoted)\(severity == .warning ? " is ignored" : "")",
      suggestion: correctedKey(name, in: block).map { "did you mean '\($0)'?" })
  }

  private mutating func reportMisplaced(
    _ entry: Entry, _ keyword: Keyword, in block: Keyword.Block, severity: Diagnostic.Severity
  ) {
    let consequence = severity == .warning ? "; here it is ignored" : ""
    diagnostics.report(
      severity, .misplacedKey, at: entry.key.range.lowerBound,
      "'\(keyword.name)' belongs \(keyword.block), not \(block)\(consequence)",
      suggestion: entry.block == nil ? "move it there" : "move it there; is a '}' missing above?")
  }
}

extension Keyword {
  /// The key with an example of its value.
  fileprivate var usage: String {
    switch meaning {
    case .include: "\(name) /etc/ndpproxy.d/*.conf"
    case .proxyBlock, .interfaceMethod: "\(name) eth0"
    case .ruleBlock, .exclusion: "\(name) 2001:db8:1:0:ff::/80"
    case .fileOption(let option): "\(name) \(option.example ?? defaultText ?? "")"
    case .proxyOption(let option): "\(name) \(option.example ?? defaultText ?? "")"
    case .ruleOption(let option): "\(name) \(option.example ?? defaultText ?? "")"
    case .condition: "\(name) address fe80::5:1"
    case .method: name
    }
  }

  /// The default of an option or limit, as it is written in the file; `nil` for every other key.
  package var defaultText: String? {
    switch meaning {
    case .fileOption(let option): option.text(Configuration())
    case .proxyOption(let option): option.text(Ruleset.Proxy(interface: ""))
    case .ruleOption(let option):
      option.text(Ruleset.Rule(prefix: IPv6Prefix(IPv6Address(bits: 0), length: 0), method: .auto))
    default: nil
    }
  }
}
