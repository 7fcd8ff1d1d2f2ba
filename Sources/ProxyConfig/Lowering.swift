/// Turns the tree into values and checks what only the whole file can tell.
///
/// Unlike ndppd it never guesses in silence: what has no certain meaning is an error, and what has
/// none at all is a warning.
struct Lowering {
  /// The file, for the texts of words.
  let source: SourceText

  /// Everything reported so far, by the parser too.
  var diagnostics: Diagnostics

  private var configuration = Configuration()
  private var drafts: [ProxyDraft] = []
  private var draftIndices: [String: Int] = [:]

  /// Goes on from what the parser reported.
  init(source: SourceText, diagnostics: Diagnostics) {
    self.source = source
    self.diagnostics = diagnostics
  }

  /// Makes values of a whole file; they are of use only if no error was reported.
  mutating func lower(_ entries: [Entry]) -> Configuration {
    var given: [String: Int] = [:]
    for entry in entries {
      guard let keyword = recognize(entry, in: .file) else { continue }
      switch keyword.meaning {
      case .proxyBlock: lowerProxy(entry)
      case .pollInterval(let path): lowerPollInterval(entry, of: keyword, to: path, given: &given)
      case .limit(let path, let range):
        guard isFirst(keyword, at: entry, in: &given), let word = value(of: entry, keyword),
          let number = number(word, of: keyword, in: range, unit: .limit)
        else { continue }
        configuration[keyPath: path] = number
      default: preconditionFailure("'\(keyword.name)' does not stand outside every block")
      }
    }
    if drafts.isEmpty, diagnostics.errorCount == 0 { reportNothingConfigured() }
    checkDrafts()
    configuration.proxies = drafts.map(\.proxy)
    return configuration
  }

  private mutating func checkDrafts() {
    for draft in drafts {
      if draft.proxy.rules.isEmpty && !draft.hasFailedRule { reportNoRules(of: draft) }
      checkOverlaps(in: draft)
      checkShadowedRules(in: draft)
    }
    checkLoops(among: drafts)
  }

  private mutating func lowerPollInterval(
    _ entry: Entry, of keyword: Keyword, to path: any Keyword.Path<Configuration, Duration?>,
    given: inout [String: Int]
  ) {
    diagnostics.report(
      .note, .notNeeded, at: entry.key.range.lowerBound,
      "'\(keyword.name)' is not needed: the kernel is asked by netlink, nothing is polled",
      suggestion: "remove it")
    guard isFirst(keyword, at: entry, in: &given), let word = value(of: entry, keyword) else {
      return
    }
    let range = 0...Limits.pollMilliseconds
    guard let number = number(word, of: keyword, in: range, unit: .milliseconds) else { return }
    configuration[keyPath: path] = .milliseconds(number)
  }

  private mutating func reportNothingConfigured() {
    diagnostics.report(
      .warning, .nothingConfigured, at: 0, "the file asks for nothing",
      suggestion: "add 'proxy <interface> { rule <prefix> { auto } }'")
  }

  private mutating func reportNoRules(of draft: ProxyDraft) {
    diagnostics.report(
      .warning, .noRules, at: draft.offset,
      "proxy \(draft.proxy.interface.quoted) has no rules and answers nothing",
      suggestion: "add 'rule <prefix> { auto }' to it")
  }
}

/// A proxy in the making: blocks for one interface all end up in one draft.
struct ProxyDraft {
  /// What it comes to so far.
  var proxy: Configuration.Proxy

  /// Where its first block begins.
  let offset: Int

  /// Where each option was given first.
  var given: [String: Int] = [:]

  /// Where each rule was given first, without options.
  var rules: [Configuration.Rule: Int] = [:]

  /// Whether a rule was left out because of an error.
  var hasFailedRule = false

  /// Starts without options and rules.
  init(interface: String, offset: Int) {
    proxy = Configuration.Proxy(interface: interface)
    self.offset = offset
  }
}

extension Lowering {
  private mutating func lowerProxy(_ entry: Entry) {
    var draft = ProxyDraft(interface: "", offset: entry.key.range.lowerBound)
    guard let name = proxyName(of: entry) else {
      // The name is lost, but what else is wrong with the block should be known now.
      return lowerProxyOptions(entry, into: &draft)
    }
    if let index = draftIndices[name] {
      reportSecondBlock(entry, name: name, first: drafts[index].offset)
      // Moved out and back rather than copied: a file of such blocks alone would be quadratic.
      swap(&draft, &drafts[index])
      lowerProxyOptions(entry, into: &draft)
      swap(&draft, &drafts[index])
    } else {
      draft.proxy.interface = name
      lowerProxyOptions(entry, into: &draft)
      draftIndices[name] = drafts.count
      drafts.append(draft)
    }
  }

  private mutating func proxyName(of entry: Entry) -> String? {
    guard let word = entry.value else {
      diagnostics.report(
        .error, .missingValue, at: entry.key.range.lowerBound,
        "'proxy' needs the name of an interface", suggestion: "write 'proxy eth0 {'")
      return nil
    }
    return interfaceName(word)
  }

  private mutating func reportSecondBlock(_ entry: Entry, name: String, first: Int) {
    diagnostics.report(
      .warning, .duplicateProxy, at: entry.key.range.lowerBound,
      "proxy \(name.quoted) was begun on line \(source.location(of: first).line) already",
      suggestion: "both blocks count as one; join them")
  }

  private mutating func lowerProxyOptions(_ entry: Entry, into draft: inout ProxyDraft) {
    for option in entry.block?.entries ?? [] {
      guard let keyword = recognize(option, in: .proxy) else {
        draft.hasFailedRule = draft.hasFailedRule || option.block != nil
        continue
      }
      if case .ruleBlock = keyword.meaning {
        lowerRule(option, into: &draft)
      } else if isFirst(keyword, at: option, in: &draft.given) {
        lowerProxyOption(option, keyword, into: &draft.proxy)
      }
    }
  }

  private mutating func lowerProxyOption(
    _ entry: Entry, _ keyword: Keyword, into proxy: inout Configuration.Proxy
  ) {
    guard let word = value(of: entry, keyword) else { return }
    switch keyword.meaning {
    case .duration(let path, let range):
      guard let number = number(word, of: keyword, in: range, unit: .milliseconds) else { return }
      proxy[keyPath: path] = .milliseconds(number)
    case .count(let path, let range):
      guard let number = number(word, of: keyword, in: range, unit: .times) else { return }
      proxy[keyPath: path] = number
    case .proxySwitch(let path):
      guard let isOn = boolean(word, of: keyword) else { return }
      proxy[keyPath: path] = isOn
    case .source(let path):
      let words = "'auto', 'link-local', 'global', 'target' or a unicast address"
      guard let source = choice(word, of: keyword, words, Configuration.AdvertisementSource.init)
      else { return }
      proxy[keyPath: path] = source
    case .duplicateDetection(let path):
      let words = "'ignore', 'verify' or 'defend'"
      let read = Configuration.DuplicateDetection.init(rawValue:)
      guard let detection = choice(word, of: keyword, words, read) else { return }
      proxy[keyPath: path] = detection
    default: preconditionFailure("'\(keyword.name)' is no option of a proxy")
    }
  }
}
