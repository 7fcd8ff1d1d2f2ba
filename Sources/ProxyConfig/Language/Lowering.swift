import ProxyModel

/// Turns files into values and checks what only all of them together can tell.
///
/// Unlike ndppd it never guesses in silence: what has no certain meaning is an error, and what has
/// none at all is a warning.
struct Lowering {
  /// All files read so far, for the texts of words.
  var source = SourceText()

  /// Everything reported so far, by the parser too.
  var diagnostics = Diagnostics()

  /// What has been included so far.
  var inclusions: Inclusions

  /// What only the host can confirm.
  private(set) var references: [HostReference] = []

  private var referredSubjects: Set<HostReference.Subject> = []

  /// How many keys all files have together.
  private var entryCount = 0

  /// The words behind the value of the option that is being read, of one that takes several.
  var furtherWords: [Word] = []

  private var given: [String: Int] = [:]
  private var configuration = Configuration()
  private var drafts: [ProxyDraft] = []
  private var draftIndices: [String: Int] = [:]

  /// Starts with nothing; `include` finds its files here.
  init(including files: (any IncludedFiles)?) {
    inclusions = Inclusions(files)
  }

  /// Makes values of a file and what it includes; of use only if no error was reported.
  mutating func lower(_ octets: [UInt8], fileName: String, identity: String?) -> Configuration {
    inclusions.begin(fileName, identity: identity)
    lowerFile(octets, fileName: fileName)
    if drafts.isEmpty, diagnostics.errorCount == 0 { reportNothingConfigured() }
    checkDrafts()
    checkKernelPath()
    configuration.ruleset.proxies = drafts.map { $0.proxy }
    return configuration
  }

  /// Where each rule of the configuration stands.
  var places: RulePlaces {
    RulePlaces(
      Dictionary(firstOf: drafts.map { ($0.proxy.interface, $0.rules) }))
  }

  /// Reads one file as if it stood in the place where it is included.
  mutating func lowerFile(_ octets: [UInt8], fileName: String) {
    let file = source.append(octets, fileName: fileName)
    if reportRefusal(of: file) { return }
    var parser = Parser(
      source: source, file: file, diagnostics: diagnostics, entryCount: entryCount)
    let parsed = parser.parseFile()
    diagnostics = parsed.diagnostics
    entryCount = parsed.entryCount
    lower(parsed.entries)
  }

  private mutating func lower(_ entries: [Entry]) {
    for entry in entries {
      guard let keyword = recognize(entry, in: .file) else { continue }
      switch keyword.meaning {
      case .include: lowerInclude(entry, keyword)
      case .proxyBlock: lowerProxy(entry)
      case .fileOption(let option):
        if !keyword.isInEffect { reportNotNeeded(entry, keyword) }
        guard isFirst(keyword, at: entry), let word = value(of: entry, keyword) else { continue }
        // Read into a copy, for the option has all of us meanwhile.
        var configuration = configuration
        option.read(word, keyword, &self, &configuration)
        self.configuration = configuration
      default: preconditionFailure("'\(keyword.name)' does not stand outside every block")
      }
    }
  }

  /// Takes down that something is the host's to confirm; the first mention counts.
  mutating func refer(to subject: HostReference.Subject, at word: Word) {
    guard referredSubjects.insert(subject).inserted else { return }
    references.append(HostReference(subject: subject, offset: word.range.lowerBound))
  }

  /// Says why a file is not worth reading: far too much, or in an encoding of its own.
  private mutating func reportRefusal(of file: Range<Int>) -> Bool {
    if file.upperBound > TextBounds.fileOctets {
      diagnostics.report(
        .error, .fileTooLarge, at: file.lowerBound,
        "the files have more than the \(TextBounds.fileOctets) bytes that are read",
        suggestion: "is this the right file?")
    } else if ForeignText.isUTF16(source.octets[file]) {
      diagnostics.report(
        .error, .utf16, at: file.lowerBound, "the file is UTF-16",
        suggestion: "save it as UTF-8 without BOM")
    } else {
      return false
    }
    return true
  }

  private mutating func checkDrafts() {
    for draft in drafts {
      if draft.proxy.rules.isEmpty && !draft.hasFailedRule { reportNoRules(of: draft) }
      checkConditions(in: draft)
      checkOverlaps(in: draft)
      checkShadowedRules(in: draft)
    }
    checkLoops(among: drafts)
    noteTrustDomains(among: drafts)
    // Of a file that cannot be used, only what must be corrected is of interest.
    if diagnostics.errorCount == 0 { noteDifferences(among: drafts) }
  }

  private mutating func reportNotNeeded(_ entry: Entry, _ keyword: Keyword) {
    diagnostics.report(
      .note, .notNeeded, at: entry.key.range.lowerBound,
      "'\(keyword.name)' is not needed: ndpproxy queries the kernel by netlink and does not poll",
      suggestion: "remove it")
  }

  /// Whether a key outside every block is given for the first time in all files.
  private mutating func isFirst(_ keyword: Keyword, at entry: Entry) -> Bool {
    var known = given
    defer { given = known }
    return isFirst(keyword, at: entry, in: &known)
  }

  private mutating func reportNothingConfigured() {
    diagnostics.report(
      .warning, .nothingConfigured, at: 0, "the file has no proxy",
      suggestion: "add 'proxy <interface> { rule <prefix> { auto } }'")
  }

  /// The kernel counts nothing per second, so that the daemon has to see every solicitation then.
  private mutating func checkKernelPath() {
    let mode = configuration.kernelPath
    guard configuration.limits.advertisementsPerSecond != nil, mode == .yes || mode == .xdp,
      let offset = given["kernel-path"]
    else { return }
    diagnostics.report(
      mode == .yes ? .error : .warning, .contradictingKeys, at: offset,
      "'max-advertisements' excludes the kernel path",
      suggestion: "remove it, or write 'kernel-path no'")
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
  var proxy: Ruleset.Proxy

  /// Where its first block begins.
  let offset: Int

  /// Where each option was given first.
  var given: [String: Int] = [:]

  /// Where each rule was given first, and its index in the proxy, by prefix and method alone.
  var rules: [Ruleset.Rule: (offset: Int, index: Int)] = [:]

  /// Whether a rule was left out because of an error.
  var hasFailedRule = false

  /// Starts without options and rules.
  init(interface: String, offset: Int) {
    proxy = Ruleset.Proxy(interface: interface)
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

  /// Files that are included may well add rules to one proxy, each its own.
  private mutating func reportSecondBlock(_ entry: Entry, name: String, first: Int) {
    let offset = entry.key.range.lowerBound
    guard source.isInOneFile(offset, first) else { return }
    diagnostics.report(
      .warning, .duplicateProxy, at: offset,
      "proxy \(name.quoted) was begun on \(source.line(of: first, seenFrom: offset)) already",
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
      } else if case .condition = keyword.meaning {
        lowerCondition(option, keyword, into: &draft.proxy.conditions)
      } else if isFirst(keyword, at: option, in: &draft.given) {
        lowerProxyOption(option, keyword, into: &draft.proxy)
      }
    }
  }

  private mutating func lowerProxyOption(
    _ entry: Entry, _ keyword: Keyword, into proxy: inout Ruleset.Proxy
  ) {
    guard case .proxyOption(let option) = keyword.meaning else {
      preconditionFailure("'\(keyword.name)' is no option of a proxy")
    }
    guard let word = value(of: entry, keyword) else { return }
    furtherWords = entry.more
    option.read(word, keyword, &self, &proxy)
    furtherWords = []
  }
}
