import NDPWire
import ProxyModel

extension Lowering {
  /// Reads one `rule` block into its proxy.
  mutating func lowerRule(_ entry: Entry, into draft: inout ProxyDraft) {
    let prefix = rulePrefix(of: entry)
    let body = ruleBody(of: entry, interface: draft.proxy.interface)
    guard let prefix, let method = body.method else {
      draft.hasFailedRule = true
      return
    }
    let offset = entry.key.range.lowerBound
    if method == .static, prefix.length <= 64, unansweredKind(of: prefix) == nil {
      reportWideStatic(prefix, at: offset)
    }
    let excluded = exclusions(body.exclusions, from: prefix)
    let key = Ruleset.Rule(prefix: prefix, method: method)
    if let first = draft.rules[key] {
      // What either of them excludes is excluded.
      draft.proxy.rules[first.index].excluded += excluded
      let line = source.line(of: first.offset, seenFrom: offset)
      return diagnostics.report(
        .warning, .duplicateRule, at: offset, "this rule stands on \(line) already",
        suggestion: "remove one of them")
    }
    draft.rules[key] = (offset, draft.proxy.rules.count)
    var rule = body.rule
    (rule.prefix, rule.method, rule.excluded) = (prefix, method, excluded)
    draft.proxy.rules.append(rule)
  }

  private mutating func rulePrefix(of entry: Entry) -> IPv6Prefix? {
    guard let word = entry.value else {
      diagnostics.report(
        .error, .missingValue, at: entry.key.range.lowerBound,
        "'rule' needs an IPv6 prefix", suggestion: "write 'rule 2001:db8:1:0:ff::/80 {'")
      return nil
    }
    guard let prefix = prefix(word) else { return nil }
    checkUse(of: prefix, word)
    return prefix
  }

  /// Warns of a prefix that can be read but is of little use as it stands.
  private mutating func checkUse(of prefix: IPv6Prefix, _ word: Word) {
    if let kind = unansweredKind(of: prefix) {
      diagnostics.report(
        .warning, .neverAnswered, at: word.range.lowerBound,
        "\(kind) addresses are never answered for", suggestion: "remove this rule")
    } else if !source.text(word.range).utf8.contains(UInt8(ascii: "/")),
      prefix.address.bits & UInt128(UInt64.max) == 0
    {
      diagnostics.report(
        .warning, .missingLength, at: word.range.lowerBound,
        "without a length this is a single address",
        suggestion: "did you mean '\(prefix.address)/64'? if not, write '/128'")
    }
  }

  /// What the addresses of a prefix are, where no rule makes the daemon answer for any of them.
  private func unansweredKind(of prefix: IPv6Prefix) -> String? {
    let address = prefix.address
    if address.isMulticast, prefix.length >= 8 { return "multicast" }
    if address.isLinkLocal, prefix.length >= 10 { return "link-local" }
    if address.isIPv4Mapped, prefix.length >= 96 { return "IPv4-mapped" }
    guard prefix.length == 128 else { return nil }
    return address.isLoopback ? "loopback" : address.isUnspecified ? "unspecified" : nil
  }
}

extension Lowering {
  /// The exclusions that lie inside the rule's prefix; what others mean is unknowable.
  private mutating func exclusions(
    _ given: [(prefix: IPv6Prefix, offset: Int)], from prefix: IPv6Prefix
  ) -> [IPv6Prefix] {
    for (excluded, offset) in given where excluded == prefix || !prefix.contains(excluded) {
      diagnostics.report(
        .error, .exclusionOutside, at: offset,
        excluded == prefix
          ? "\(excluded) is the whole rule" : "\(excluded) is not a part of the rule's \(prefix)",
        suggestion: excluded == prefix ? "remove the rule" : "exclude a longer prefix inside it")
    }
    return given.map { $0.prefix }
  }
}

/// What the body of a rule has said so far.
private struct RuleBody {
  var method: Ruleset.Method?
  var given: [String: Int] = [:]
  var exclusions: [(prefix: IPv6Prefix, offset: Int)] = []
  /// The rule with its options; the rest is filled in at the end.
  var rule = Ruleset.Rule(prefix: IPv6Prefix(IPv6Address(bits: 0), length: 0), method: .auto)

  /// Whether a method was named, if in vain, so that none must be reported missing.
  var hasNamedMethod = false
}

extension Lowering {
  private mutating func ruleBody(of entry: Entry, interface: String) -> RuleBody {
    var body = RuleBody()
    guard let entries = entry.block?.entries else {
      reportMissingBlock(entry)
      return body
    }
    guard !entries.isEmpty else {
      reportImpliedStatic(entry)
      body.method = .static
      return body
    }
    let errors = diagnostics.errorCount
    body.hasNamedMethod = entries.contains {
      $0.key.isDamaged || Keyword.named(source.text($0.key.range))?.isMethod == true
    }
    for option in entries {
      // Without a method, the unknown key is most likely a misspelt one: the rule means nothing.
      let severity: Diagnostic.Severity = body.hasNamedMethod ? .warning : .error
      guard let keyword = recognize(option, in: .rule, severity: severity) else { continue }
      lowerRuleOption(option, keyword, into: &body, proxy: interface)
    }
    if !body.hasNamedMethod, diagnostics.errorCount == errors { reportMissingMethod(entry) }
    return body
  }

  private mutating func lowerRuleOption(
    _ entry: Entry, _ keyword: Keyword, into body: inout RuleBody, proxy: String
  ) {
    switch keyword.meaning {
    case .method(let method):
      guard affirms(entry, keyword) else { return }
      choose(method, at: entry, keyword, in: &body)
    case .interfaceMethod:
      guard let word = value(of: entry, keyword), let name = interfaceName(word, orPattern: true)
      else { return }
      if name == proxy { reportAsksItself(word) }
      choose(.interface(InterfacePattern(name)), at: entry, keyword, in: &body)
    case .exclusion:
      guard let word = value(of: entry, keyword), let prefix = prefix(word) else { return }
      body.exclusions.append((prefix, word.range.lowerBound))
    case .condition: lowerCondition(entry, keyword, into: &body.rule.conditions)
    case .ruleOption(let option):
      guard isFirst(keyword, at: entry, in: &body.given), let word = value(of: entry, keyword)
      else { return }
      option.read(word, keyword, &self, &body.rule)
    default: preconditionFailure("'\(keyword.name)' is no option of a rule")
    }
  }

  private mutating func choose(
    _ method: Ruleset.Method, at entry: Entry, _ keyword: Keyword, in body: inout RuleBody
  ) {
    guard let chosen = body.method else {
      body.method = method
      body.given[keyword.name] = entry.key.range.lowerBound
      return
    }
    guard chosen != method else {
      _ = isFirst(keyword, at: entry, in: &body.given)
      return
    }
    diagnostics.report(
      .error, .severalMethods, at: entry.key.range.lowerBound,
      "a rule has one method, and this one has '\(chosen)' already",
      suggestion: "remove one; to solicit on two interfaces, write two rules")
  }

  /// Whether `static` or `auto` is meant: ndppd never looks at the value.
  private mutating func affirms(_ entry: Entry, _ keyword: Keyword) -> Bool {
    guard let word = entry.value else { return true }
    if word.isDamaged { return false }
    switch BooleanWord(source.text(word.range)) {
    case .some(let boolean) where boolean.isOn: return true
    case .some:
      diagnostics.report(
        .error, .negatedMethod, at: word.range.lowerBound,
        "'\(keyword.name)' with \(source.text(word.range).quoted) is '\(keyword.name)' for ndppd",
        suggestion: "remove the word to have the method, or the line to have another one")
    case nil:
      diagnostics.report(
        .error, .unexpectedValue, at: word.range.lowerBound,
        "'\(keyword.name)' takes no value, and here stands \(source.text(word.range).quoted)",
        suggestion: "remove it; to solicit on an interface, write 'iface <interface>'")
    }
    return false
  }
}

extension Lowering {
  private mutating func reportWideStatic(_ prefix: IPv6Prefix, at offset: Int) {
    diagnostics.report(
      .warning, .wideStatic, at: offset,
      "a 'static' rule for a /\(prefix.length) answers for "
        + (prefix.length < 64 ? "more than a whole link, which is a /64" : "a whole link"),
      suggestion: "if that is not meant, write a longer prefix, or '{ auto }'")
  }

  private mutating func reportMissingBlock(_ entry: Entry) {
    if entry.value?.isDamaged == true { return }
    diagnostics.report(
      .error, .missingBlock, at: entry.key.range.lowerBound, "this rule has no block",
      suggestion: "add '{ auto }' to it, or '{ static }' or '{ iface <interface> }'")
  }

  private mutating func reportImpliedStatic(_ entry: Entry) {
    diagnostics.report(
      .warning, .impliedStatic, at: entry.key.range.lowerBound,
      "a rule without a method is 'static', as it was before ndppd 0.2.2",
      suggestion: "write '{ static }', or '{ auto }' to follow the routes")
  }

  private mutating func reportMissingMethod(_ entry: Entry) {
    diagnostics.report(
      .error, .missingMethod, at: entry.key.range.lowerBound, "this rule has no method",
      suggestion: "add 'auto', 'static' or 'iface <interface>' to it")
  }

  private mutating func reportAsksItself(_ word: Word) {
    diagnostics.report(
      .warning, .asksItself, at: word.range.lowerBound,
      "this is the proxy interface: targets would be solicited on the link from which the solicitation came",
      suggestion: "name the interface behind which the targets are")
  }
}
