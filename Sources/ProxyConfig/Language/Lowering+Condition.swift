import NDPWire
import ProxyModel

// `require` and `announce`, the keys whose values are several words.

extension Lowering {
  /// Reads `require KIND VALUE …` into the conditions of a proxy or a rule.
  mutating func lowerCondition(
    _ entry: Entry, _ keyword: Keyword, into conditions: inout [Ruleset.Condition]
  ) {
    guard let kind = value(of: entry, keyword), let condition = condition(kind, entry.more) else {
      return
    }
    let offset = entry.key.range.lowerBound
    if conditions.contains(condition) {
      return diagnostics.report(
        .warning, .duplicateCondition, at: offset, "this condition was given already",
        suggestion: "remove one of them")
    }
    guard conditions.count < TextBounds.conditions else {
      return diagnostics.report(
        .error, .tooManyConditions, at: offset,
        "there are more than \(TextBounds.conditions) conditions",
        suggestion: "let a script evaluate them, and require a gate")
    }
    conditions.append(condition)
  }

  private mutating func condition(_ kind: Word, _ words: [Word]) -> Ruleset.Condition? {
    guard let name = plainText(kind) else { return nil }
    guard let form = ConditionForm(rawValue: name) else {
      diagnostics.report(
        .error, .invalidCondition, at: kind.range.lowerBound,
        "'require' takes 'address', 'route', 'link', 'file' or 'gate', not \(name.quoted)",
        suggestion: Self.suggestion(for: name))
      return nil
    }
    guard let value = words.first else {
      diagnostics.report(
        .error, .missingValue, at: kind.range.lowerBound, "'require \(name)' needs a value",
        suggestion: "write 'require \(form.example)'")
      return nil
    }
    switch form {
    case .address: return addressCondition(value)
    case .route: return routeCondition(value, words.dropFirst())
    case .link: return interfaceName(value, isRequired: true).map { .link($0) }
    case .file: return fileCondition(value)
    case .gate: return gateCondition(value)
    }
  }

  private static func suggestion(for name: String) -> String {
    if IPv6Address(name) != nil { return "write 'require address \(name)'" }
    if name.hasPrefix("/") { return "write 'require file \(name)'" }
    return "write 'require address fe80::5:1', or another of these"
  }

  private mutating func addressCondition(_ word: Word) -> Ruleset.Condition? {
    guard let text = plainText(word) else { return nil }
    guard let address = IPv6Address(text) else {
      diagnostics.report(
        .error, .invalidAddress, at: word.range.lowerBound,
        "\(text.quoted) is not an IPv6 address",
        suggestion: text.utf8.contains(UInt8(ascii: "/"))
          ? "write the address without a length" : "write it like 'fe80::5:1'")
      return nil
    }
    guard !address.isMulticast, !address.isUnspecified, !address.isLoopback else {
      diagnostics.report(
        .error, .invalidCondition, at: word.range.lowerBound,
        "\(address) is not an address that moves from one gateway to another",
        suggestion: "name the virtual address")
      return nil
    }
    return .address(address)
  }

  private mutating func routeCondition(
    _ word: Word, _ rest: ArraySlice<Word>
  ) -> Ruleset.Condition? {
    guard let prefix = prefix(word) else { return nil }
    var interface: String?
    var origin: Ruleset.RouteOrigin?
    var rest = rest
    while let option = rest.popFirst() {
      guard let name = plainText(option) else { return nil }
      guard name == "via" && interface == nil || name == "proto" && origin == nil else {
        diagnostics.report(
          .error, .invalidCondition, at: option.range.lowerBound,
          "behind the prefix of a route may stand 'via' and 'proto', each once, not \(name.quoted)",
          suggestion: "write 'require route \(prefix) via wg0 proto bird'")
        return nil
      }
      guard let value = rest.popFirst() else {
        diagnostics.report(
          .error, .missingValue, at: option.range.lowerBound, "'\(name)' needs a value",
          suggestion: name == "via" ? "write 'via wg0'" : "write 'proto bird'")
        return nil
      }
      if name == "via" {
        guard let given = interfaceName(value, isRequired: true) else { return nil }
        interface = given
      } else {
        guard let given = routeOrigin(value) else { return nil }
        origin = given
      }
    }
    return .route(prefix, via: interface, origin: origin)
  }

  private mutating func routeOrigin(_ word: Word) -> Ruleset.RouteOrigin? {
    guard let text = plainText(word) else { return nil }
    if let origin = Ruleset.RouteOrigin(text) { return origin }
    let names = Ruleset.RouteOrigin.names.joined(separator: ", ")
    diagnostics.report(
      .error, .invalidChoice, at: word.range.lowerBound,
      "\(text.quoted) is no routing protocol known here",
      suggestion: "write one of \(names), or the number that 'ip -6 -N route' shows")
    return nil
  }

  private mutating func fileCondition(_ word: Word) -> Ruleset.Condition? {
    absolutePath(word, of: "require file").map { .file($0) }
  }

  /// Reads the absolute path of a file, which need not be there.
  fileprivate mutating func absolutePath(_ word: Word, of key: String) -> String? {
    if word.isDamaged { return nil }
    let text = source.text(word.range)
    let isUTF8 = String(validating: source.octets[word.range], as: UTF8.self) != nil
    guard text.hasPrefix("/"), text.count > 1, !text.hasSuffix("/"), isUTF8,
      text.utf8.count <= TextBounds.pathOctets, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
      !text.utf8.contains(UInt8(ascii: "\"")) || !text.utf8.contains(UInt8(ascii: "'")),
      !text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
    else {
      diagnostics.report(
        .error, .invalidPath, at: word.range.lowerBound,
        "'\(key)' takes the absolute path of a file, without '.' and '..'",
        suggestion: "write it like '/run/gateway/master'")
      return nil
    }
    return text
  }

  private mutating func gateCondition(_ word: Word) -> Ruleset.Condition? {
    guard let text = plainText(word) else { return nil }
    guard Ruleset.Condition.isGateName(text) else {
      diagnostics.report(
        .error, .invalidCondition, at: word.range.lowerBound,
        "a gate has a name of at most \(TextBounds.gateNameOctets) letters, digits, '-', '_' "
          + "and '.'",
        suggestion: "write it like 'require gate master'")
      return nil
    }
    return .gate(text)
  }

  /// Reports rules for one prefix that are not in force under the same conditions: they are one.
  mutating func checkConditions(in draft: ProxyDraft) {
    var known: [IPv6Prefix: Set<Ruleset.Condition>] = [:]
    guard draft.proxy.rules.contains(where: { !$0.conditions.isEmpty }) else { return }
    for rule in draft.proxy.rules {
      let conditions = Set(rule.conditions)
      guard let others = known[rule.prefix] else {
        known[rule.prefix] = conditions
        continue
      }
      guard others != conditions else { continue }
      let key = Ruleset.Rule(prefix: rule.prefix, method: rule.method)
      diagnostics.report(
        .error, .differentConditions, at: draft.rules[key]?.offset ?? draft.offset,
        "the rules of a proxy for one prefix have the same conditions, and another rule for "
          + "\(rule.prefix) has others",
        suggestion: "write the same 'require' lines into both")
    }
  }
}

/// The kinds of conditions.
private enum ConditionForm: String {
  case address, route, link, file, gate

  var example: String {
    switch self {
    case .address: "address fe80::5:1"
    case .route: "route 2001:db8:1:0:ff::/80 proto bird"
    case .link: "link wg0"
    case .file: "file /run/gateway/master"
    case .gate: "gate master"
    }
  }
}

extension Ruleset.Condition {
  /// Whether a gate may have this name.
  package static func isGateName(_ text: String) -> Bool {
    1...TextBounds.gateNameOctets ~= text.utf8.count
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "-_.".utf8.contains($0)
      }
  }
}

extension Option<Ruleset.Proxy> {
  /// When unsolicited advertisements are sent.
  static let announcements = Option(
    read: { word, keyword, lowering, proxy in
      if let value = lowering.announcements(word, of: keyword) { proxy.announcements = value }
    },
    text: {
      switch $0.announcements {
      case .auto: "auto"
      case .no: "no"
      case .yes: "yes"
      case .every(let period): "now-and-every \(period.wholeMilliseconds)"
      }
    }, wordWithAnother: everyWord)

  private static let everyWord = "now-and-every"
}

extension Option<Ruleset.Proxy> {
  /// A program with its arguments, each a word or a text in quotes.
  static func program(_ place: @escaping Place<[String]>, named name: String) -> Option {
    Option(
      read: { word, keyword, lowering, proxy in
        let words = [word] + lowering.furtherWords
        if let program = lowering.program(words, of: keyword) { place(&proxy) { $0 = program } }
      },
      text: {
        let words = value(at: place, in: $0)
        return words.isEmpty ? nil : words.map { $0.quotedIfNeeded }.joined(separator: " ")
      }, example: "/usr/local/sbin/\(name) argument", takesLine: true, takesText: true)
  }
}

extension Option {
  /// The absolute path of a file, printed where there is one.
  static func path(_ place: @escaping Place<String?>, example: String) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        if let text = lowering.absolutePath(word, of: keyword.name) { place(&root) { $0 = text } }
      },
      text: { value(at: place, in: $0)?.quotedIfNeeded }, example: example, takesText: true)
  }
}

extension Lowering {
  /// Reads the absolute path of a program and its arguments.
  fileprivate mutating func program(_ words: [Word], of keyword: Keyword) -> [String]? {
    guard words.count <= TextBounds.programWords else {
      diagnostics.report(
        .error, .invalidProgram, at: words[TextBounds.programWords].range.lowerBound,
        "'\(keyword.name)' takes a program with at most \(TextBounds.programWords - 1) arguments",
        suggestion: "write a script")
      return nil
    }
    var program: [String] = []
    for word in words {
      guard let text = lineOfText(word, of: keyword) else { return nil }
      program.append(text)
    }
    guard program[0].hasPrefix("/") else {
      diagnostics.report(
        .error, .invalidProgram, at: words[0].range.lowerBound,
        "'\(keyword.name)' takes the absolute path of a program, and no shell runs it",
        suggestion: "write it like '/usr/local/sbin/\(keyword.name)'")
      return nil
    }
    return program
  }

  fileprivate mutating func announcements(
    _ word: Word, of keyword: Keyword
  ) -> Ruleset.Announcements? {
    let words = "'auto', 'yes', 'no' or 'now-and-every' and a number of milliseconds"
    guard let text = plainText(word) else { return nil }
    if text == "now-and-every" {
      guard let number = furtherWords.first else {
        diagnostics.report(
          .error, .missingValue, at: word.range.lowerBound, "'now-and-every' needs a duration",
          suggestion: "write 'now-and-every 60000'")
        return nil
      }
      let range = TextBounds.leastAnnouncementPeriod...TextBounds.lifetimeMilliseconds
      guard let period = self.number(number, of: keyword, in: range, unit: .milliseconds) else {
        return nil
      }
      return .every(.milliseconds(period))
    }
    if text == "auto" { return .auto }
    if let boolean = BooleanWord(text) { return boolean.isOn ? .yes : .no }
    return choice(word, of: keyword, words) { _ in nil }
  }
}
