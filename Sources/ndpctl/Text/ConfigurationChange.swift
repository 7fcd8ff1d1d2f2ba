import ControlProtocol
import JSONText
import NDPWire
import ProxyConfig
import ProxyModel

/// What becomes other where one configuration takes the place of another.
struct ConfigurationChange: JSONWritable, Equatable {
  private(set) var interfacesAdded: [String] = []
  private(set) var interfacesRemoved: [String] = []
  private(set) var rulesAdded: [Rule] = []
  private(set) var rulesRemoved: [Rule] = []
  private(set) var rulesChanged: [ChangedRule] = []
  /// As `eth0: ttl 30000 -> 60000`.
  private(set) var optionsChanged: [String] = []

  /// All rules of one proxy for one prefix.
  struct Rule: JSONWritable, Equatable {
    let proxy: String
    let prefix: IPv6Prefix
    /// What they do, for people.
    let text: String

    /// Writes an object; what has no value is left out.
    func write(to json: inout JSONWriter) {
      json.object {
        $0.member("proxy", proxy)
        $0.member("prefix", prefix)
        $0.member("text", text)
      }
    }
  }

  struct ChangedRule: JSONWritable, Equatable {
    let proxy: String
    let prefix: IPv6Prefix
    let before: String
    let after: String

    /// Writes an object; what has no value is left out.
    func write(to json: inout JSONWriter) {
      json.object {
        $0.member("proxy", proxy)
        $0.member("prefix", prefix)
        $0.member("before", before)
        $0.member("after", after)
      }
    }
  }

  /// Costs time in proportion to the rules.
  init(from old: Configuration, to new: Configuration) {
    let (oldNames, newNames) = (old.interfaceNames, new.interfaceNames)
    let (oldSet, newSet) = (Set(oldNames), Set(newNames))
    interfacesAdded = newNames.filter { !oldSet.contains($0) }
    interfacesRemoved = oldNames.filter { !newSet.contains($0) }
    compareRules(RuleTexts(old), RuleTexts(new))
    compareOptions(old, new)
  }

  var isEmpty: Bool {
    interfacesAdded.isEmpty && interfacesRemoved.isEmpty && rulesAdded.isEmpty
      && rulesRemoved.isEmpty && rulesChanged.isEmpty && optionsChanged.isEmpty
  }

  private mutating func compareRules(_ old: RuleTexts, _ new: RuleTexts) {
    for place in new.order {
      guard let text = new.texts[place] else { continue }
      guard let former = old.texts[place] else {
        rulesAdded.append(Rule(proxy: place.proxy, prefix: place.prefix, text: text))
        continue
      }
      if former != text {
        rulesChanged.append(
          ChangedRule(proxy: place.proxy, prefix: place.prefix, before: former, after: text))
      }
    }
    for place in old.order where new.texts[place] == nil {
      rulesRemoved.append(
        Rule(proxy: place.proxy, prefix: place.prefix, text: old.texts[place] ?? ""))
    }
  }

  private mutating func compareOptions(_ old: Configuration, _ new: Configuration) {
    compareOptions(old.optionLines, new.optionLines, of: nil)
    let former = Dictionary(old.proxies.map { ($0.interface, $0) }) { first, _ in first }
    for proxy in new.proxies {
      guard let other = former[proxy.interface] else { continue }
      compareOptions(other.optionLines, proxy.optionLines, of: proxy.interface)
    }
  }

  /// Each line begins with the name of the option, which some may have several times.
  private mutating func compareOptions(_ old: [String], _ new: [String], of proxy: String?) {
    let place = proxy.map { "\($0): " } ?? ""
    let (before, after) = (Set(old), Set(new))
    let gone = Dictionary(grouping: old.filter { !after.contains($0) }, by: \.firstWord)
    let come = Dictionary(grouping: new.filter { !before.contains($0) }, by: \.firstWord)
    for name in Set(gone.keys).union(come.keys).sorted() {
      let (gone, come) = (gone[name] ?? [], come[name] ?? [])
      for number in 0..<max(gone.count, come.count) {
        let former = number < gone.count ? gone[number] : "\(name) not set"
        let value = number < come.count ? String(come[number].dropFirst(name.count + 1)) : "not set"
        optionsChanged.append("\(place)\(former) -> \(value)")
      }
    }
  }

  /// Writes an object; what has no value is left out.
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("interfacesAdded", interfacesAdded)
      $0.member("interfacesRemoved", interfacesRemoved)
      $0.member("rulesAdded", rulesAdded)
      $0.member("rulesRemoved", rulesRemoved)
      $0.member("rulesChanged", rulesChanged)
      $0.member("optionsChanged", optionsChanged)
    }
  }
}

/// What the rules of each proxy for each prefix do, for people.
private struct RuleTexts {
  struct Place: Hashable {
    let proxy: String
    let prefix: IPv6Prefix
  }

  private(set) var order: [Place] = []
  private(set) var texts: [Place: String] = [:]

  init(_ configuration: Configuration) {
    for proxy in configuration.proxies {
      for rule in proxy.rules {
        let place = Place(proxy: proxy.interface, prefix: rule.prefix)
        if texts[place] == nil { order.append(place) }
        texts[place] = (texts[place].map { $0 + " " } ?? "") + rule.text
      }
    }
  }
}

extension Ruleset.Rule {
  /// What is in its block, without what is so by default.
  fileprivate var text: String {
    let usual = Set(Ruleset.Rule(prefix: prefix, method: .static).lines)
    return lines.filter { !usual.contains($0) || $0 == "\(method)" }.joined(separator: " ")
  }

  /// The lines of the block.
  private var lines: [String] {
    blockLines(of: Ruleset.Proxy(interface: "", rules: [self]), depth: 2)
  }
}

extension Configuration {
  /// The interfaces of proxies and rules, each once.
  fileprivate var interfaceNames: [String] {
    var seen: Set<String> = []
    return proxies.flatMap { proxy in
      [proxy.interface]
        + proxy.rules.compactMap { rule in
          if case .interface(let pattern) = rule.method { pattern.text } else { nil }
        }
    }.filter { seen.insert($0).inserted }
  }

  /// The options outside of blocks, a line each.
  fileprivate var optionLines: [String] {
    var bare = self
    bare.ruleset = Ruleset()
    return lines(of: bare)
  }
}

extension Ruleset.Proxy {
  /// The options of the block, a line each.
  fileprivate var optionLines: [String] {
    var bare = self
    bare.rules = []
    return blockLines(of: bare, depth: 1)
  }
}

extension String {
  fileprivate var firstWord: String { String(prefix { $0 != " " }) }
}

/// What a proxy is printed as inside so many blocks, without those that are in these.
private func blockLines(of proxy: Ruleset.Proxy, depth: Int) -> [String] {
  var configuration = Configuration()
  configuration.ruleset = Ruleset(proxies: [proxy])
  let indentation = String(repeating: "  ", count: depth)
  return "\(configuration)".split(separator: "\n").compactMap { line in
    guard line.hasPrefix(indentation), case let line = line.dropFirst(indentation.count),
      line.first != " ", line.last != "{", line != "}"
    else { return nil }
    return String(line)
  }
}

/// The lines of a configuration without blanks around them.
private func lines(of configuration: Configuration) -> [String] {
  "\(configuration)".split(separator: "\n").map { line in
    String(line.drop { $0 == " " })
  }
}
