import ProxyConfig
import ProxyModel
import Testing

/// The table of keys, and the example file and the manual page that explain each of them.
@Suite struct KeywordTests {
  private let example = contents(ofFile: "ndpproxy.conf.example") ?? []

  @Test func `the table holds ndppd's keys, those of the fork and our own, each once in its block`()
  {
    #expect(
      Keyword.all.map(\.name).sorted() == [
        "address-ttl", "announce", "announce-new", "auto", "autovia", "autowire", "dad",
        "deadtime", "description", "description", "exclude", "iface", "include", "keep-targets",
        "keepalive", "kernel-path", "max-advertisements", "max-announcements",
        "max-route-lookups", "max-sessions", "max-solicitations", "on-release", "on-take-over",
        "outgoing", "override", "promiscuous", "proxy", "require", "require", "retries",
        "route-ttl", "router", "rule", "solicitors", "source", "static", "timeout", "ttl",
      ])
  }

  @Test func `a key is found by its exact name only`() {
    #expect(Keyword.named("ttl")?.block == .proxy)
    #expect(Keyword.named("TTL") == nil)
  }

  @Test func `the example begins with the shortest useful file`() throws {
    let text = String(decoding: example, as: UTF8.self)
    let lines = text.split(separator: "\n").dropFirst(3).prefix(5).map { $0.dropFirst() }
    let result = parse(lines.joined(separator: "\n"))
    #expect(findings(result) == [])
    #expect(rules(of: result.configuration) == ["eth0 2001:db8:1:0:ff::/80 auto"])
  }

  @Test func `the example asks for nothing as it stands`() {
    let result = ConfigurationParser.parse(example, fileName: "example")
    #expect(findings(result) == ["1:1 warning nothing-configured"])
    #expect(result.configuration == Configuration())
  }

  @Test func `what the example shows has nothing wrong`() {
    let result = parse(uncommented(example))
    #expect(result.report == "")
    #expect(result.configuration?.proxies.count == 2)
  }

  @Test(arguments: Keyword.all.map(\.name))
  func `the example explains the key`(name: String) {
    let comments = String(decoding: example, as: UTF8.self).split(separator: "\n")
      .map { $0.drop { $0 == " " } }
      .filter { $0.hasPrefix("#") }
    // The key, then its value in capitals or "yes|no", or a colon; or the pair of poll intervals.
    let explains = comments.contains { line in
      line.hasPrefix("# \(name) ") || line.hasPrefix("# \(name): ") || line.contains("and \(name) ")
    }
    #expect(explains)
  }

  @Test(arguments: Keyword.all(in: .proxy).filter { $0.defaultText != nil }.map(\.name))
  func `the example shows the default`(name: String) throws {
    let value = try #require(Keyword.named(name)?.defaultText)
    let lines = String(decoding: example, as: UTF8.self).split(separator: "\n")
    #expect(lines.contains("#  \(name) \(value)"))
  }

  @Test(arguments: Keyword.all(in: .file).filter { $0.defaultText != nil }.map(\.name))
  func `the example shows the limit`(name: String) throws {
    let value = try #require(Keyword.named(name)?.defaultText)
    let lines = String(decoding: example, as: UTF8.self).split(separator: "\n")
    #expect(lines.contains("#\(name) \(value)"))
  }

  @Test func `the manual page is about the keys of the table only`() {
    #expect(Set(manual.map(\.key)) == Set(Keyword.all.map(\.name)))
    #expect(manual.count == Keyword.all.count, "each key once")
  }

  @Test(arguments: Keyword.all.map(\.name))
  func `the manual page has an item for the key`(name: String) throws {
    let item = try #require(manual.first { $0.key == name })
    let block = try #require(Keyword.named(name)?.block)
    #expect(item.section == section(of: block))
  }

  @Test(arguments: Keyword.all.filter { $0.defaultText != nil }.map(\.name))
  func `the manual page tells the default`(name: String) throws {
    let value = try #require(Keyword.named(name)?.defaultText)
    let text = try #require(manual.first { $0.key == name }).text
    let tells = [" ", ",", "."].contains { text.contains("The default is \(value)\($0)") }
    #expect(tells, "\(text)")
  }

  private let manual = items(ofManual: "man/ndpproxy.conf.5")

  private func section(of block: Keyword.Block) -> String {
    switch block {
    case .file: "KEYS OUTSIDE EVERY BLOCK"
    case .proxy: "KEYS OF A PROXY"
    case .rule: "KEYS OF A RULE"
    }
  }
}

/// The example with every line in use that is made a comment: a key stands right behind its `#`, or
/// two blanks behind it.
func uncommented(_ example: [UInt8]) -> String {
  String(decoding: example, as: UTF8.self).split(separator: "\n").map { line in
    guard line.first == "#" else { return String(line) }
    let rest = line.dropFirst()
    return rest.hasPrefix("  ") || rest.first.map { $0 != " " } == true
      ? String(rest) : String(line)
  }.joined(separator: "\n")
}

/// What a manual page says of one key.
private struct ManualItem {
  let section: String
  let key: String
  /// On one line, without the macros `Cm`.
  var text = ""
}

/// The items of a manual page in mdoc(7) that begin with a key, `.It Ic key`.
private func items(ofManual path: String) -> [ManualItem] {
  var section = ""
  var items: [ManualItem] = []
  for line in String(decoding: contents(ofFile: path) ?? [], as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ")
    if words[0] == ".Sh" {
      section = words.dropFirst().joined(separator: " ")
    } else if words.count > 2, words[0] == ".It", words[1] == "Ic" {
      items.append(ManualItem(section: section, key: String(words[2])))
    } else if !items.isEmpty {
      let text = words[0] == ".Cm" ? words.dropFirst().joined(separator: " ") : String(line)
      items[items.count - 1].text += text + " "
    }
  }
  return items
}
