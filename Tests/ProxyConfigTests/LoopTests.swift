import NDPWire
import ProxyConfig
import ProxyModel
import TestSupport
import Testing

/// Loops between proxies: found where some target would go round, and nowhere else.
@Suite struct LoopTests {
  static let loops = [
    Row(
      "three proxies",
      "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface c}}\n"
        + "proxy c{rule ::8/126{iface a}}", "3:9 warning loop"),
    Row(
      "three proxies, the deepest rule first",
      "proxy a{rule ::9{iface b}}\nproxy b{rule ::8/126{iface c}}\n"
        + "proxy c{rule ::8/125{iface a}}", "1:9 warning loop"),
    Row(
      "two loops through one proxy",
      "proxy a{rule ::8/126{iface b} rule ::8/126{iface c}}\nproxy b{rule ::8/126{iface a}}\n"
        + "proxy c{rule ::8/126{iface a}}", "2:9 warning loop", "3:9 warning loop"),
    Row(
      "two loops closed by one rule",
      "proxy a{rule ::8/126{iface c}}\nproxy b{rule ::8/126{iface c}}\n"
        + "proxy c{rule ::8/126{iface ?}}", "3:9 warning loop"),
    Row(
      "one rule of two that fan out",
      "proxy a{rule ::8/126{iface x} rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface a}}",
      "2:9 warning loop"),
    Row(
      "one rule beside auto",
      "proxy a{rule ::8/126{auto} rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface a}}",
      "2:9 warning loop"),
    Row(
      "one pair, two places",
      "proxy a{rule ::8/126{iface b} rule ::10/126{iface b}}\nproxy b{rule ::/0{iface a}}",
      "1:9 warning loop", "1:31 warning loop"),
    Row(
      "the wider rule comes back behind the longer one",
      "proxy a{rule ::8/126{iface b} rule ::8{static}}\nproxy b{rule ::a{iface a}}",
      "2:9 warning loop"),
    Row(
      "a pattern with a star",
      "proxy a{rule ::8/126{iface zt*}}\nproxy zt0{rule ::8/126{iface a}}", "2:11 warning loop"),
    Row(
      "a star within", "proxy a{rule ::8/126{iface z*t*0}}\nproxy zt10{rule ::8/126{iface a}}",
      "2:12 warning loop"),
    Row(
      "a pattern with a question mark",
      "proxy a{rule ::8/126{iface zt?}}\nproxy zt0{rule ::8/126{iface a}}", "2:11 warning loop"),
    Row(
      "a star alone, on both sides",
      "proxy a{rule ::8/126{iface *}}\nproxy b{rule ::8/126{iface *}}", "2:9 warning loop"),
    Row(
      "three proxies through a pattern",
      "proxy a{rule ::8/126{iface b*}}\nproxy b1{rule ::8/126{iface c}}\n"
        + "proxy c{rule ::8/126{iface a}}", "3:9 warning loop"),
    Row(
      "a longer rule takes an exclusion back",
      "proxy a{rule ::8/126{iface b exclude ::8/127} rule ::8{iface b}}\n"
        + "proxy b{rule ::8{iface a}}", "2:9 warning loop"),
    Row(
      "a rule of the prefix that another excludes",
      "proxy a{rule ::8/126{iface x exclude ::8/127} rule ::8/127{iface b}}\n"
        + "proxy b{rule ::8/127{iface a}}", "2:9 warning loop"),
    Row(
      "behind what is excluded",
      "proxy a{rule ::8/126{iface b exclude ::8/127}}\nproxy b{rule ::8/126{iface a}}",
      "2:9 warning loop"),
    Row(
      "a prefix of which longer ones leave one address",
      "proxy a{rule ::8/126{iface b} rule ::8/127{auto} rule ::b{auto}}\n"
        + "proxy b{rule ::8/126{iface a}}",
      "2:9 warning loop"),
    Row(
      "a prefix that longer ones of another proxy cover",
      "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface a}}\n"
        + "proxy c{rule ::8/127{auto} rule ::a/127{auto}}", "2:9 warning loop"),
    Row(
      "all of all addresses",
      "proxy a{rule ::/0{iface b} rule 8000::/1{iface x} rule ::/1{iface b}}\n"
        + "proxy b{rule ::/0{iface a}}",
      "1:51 warning loop"),
  ]

  static let others = [
    Row("a chain", "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface c}}\nproxy c{}"),
    Row(
      "three proxies, one for other targets",
      "proxy a{rule ::8/126{iface b}}\nproxy b{rule ::8/126{iface c}}\n"
        + "proxy c{rule ::c/126{iface a}}"),
    Row(
      "an exclusion keeps one side from asking",
      "proxy a{rule ::8/125{iface b exclude ::8/126}}\nproxy b{rule ::8/126{iface a}}"),
    Row(
      "one side excludes what the other asks for",
      "proxy a{rule ::8/125{iface b exclude ::8/126}}\n"
        + "proxy b{rule ::8/125{iface a exclude ::c/126}}"),
    Row(
      "an exclusion of another rule of the proxy",
      "proxy a{rule ::/0{auto exclude ::8/126} rule ::8/125{iface b}}\n"
        + "proxy b{rule ::8/126{iface a}}"),
    Row(
      "a longer rule asks elsewhere",
      "proxy a{rule ::8/125{iface b} rule ::8/126{iface x}}\nproxy b{rule ::8/126{iface a}}"),
    Row(
      "longer rules ask elsewhere for all of it",
      "proxy a{rule ::8/126{iface b} rule ::8/127{iface x} rule ::a{iface y} rule ::b{iface x}}\n"
        + "proxy b{rule ::8/126{iface a}}"),
    Row(
      "longer rules of both ask elsewhere, together for all of it",
      "proxy a{rule ::8/126{iface b} rule ::8/127{iface x}}\n"
        + "proxy b{rule ::8/126{iface a} rule ::a/127{iface x}}"),
    Row(
      "a longer static rule",
      "proxy a{rule ::8/125{iface b} rule ::8/126{static}}\n"
        + "proxy b{rule ::8/126{iface a}}"),
    Row(
      "a static rule of the same prefix",
      "proxy a{rule ::8/126{iface b} rule ::8/126{static}}\nproxy b{rule ::8/126{iface a}}"),
    Row(
      "a longer auto rule",
      "proxy a{rule ::8/125{iface b} rule ::8/126{auto}}\n"
        + "proxy b{rule ::8/126{iface a}}"),
    Row(
      "the pattern fits another name",
      "proxy a{rule ::8/126{iface zt*}}\nproxy xzt0{rule ::8/126{iface a}}"),
    Row(
      "the pattern fits a shorter name",
      "proxy a{rule ::8/126{iface zt?}}\nproxy zt{rule ::8/126{iface a}}"),
    Row(
      "the pattern fits a longer name",
      "proxy a{rule ::8/126{iface zt?}}\nproxy zt10{rule ::8/126{iface a}}"),
    Row("a pattern that fits the proxy itself", "proxy a{rule ::8/126{iface *}}\nproxy b{}"),
    Row(
      "two patterns that fit each its own proxy",
      "proxy a{rule ::8/126{iface a*}}\nproxy b{rule ::8/126{iface b*}}"),
  ]

  @Test(arguments: loops)
  func `a loop is found`(row: Row) {
    let found = findings(parse(row.text)).filter { $0.hasSuffix(" loop") }
    #expect(found == row.expected)
  }

  @Test(arguments: others)
  func `what only looks like a loop is none`(row: Row) {
    let result = parse(row.text)
    #expect(result.configuration != nil)
    #expect(!result.diagnostics.contains { $0.code == "loop" }, "\(result.report)")
  }

  @Test func `the interfaces are named in order`() {
    let result = parse(
      "proxy c{rule ::8/125{iface a}}\nproxy a{rule ::8/125{iface b}}\n"
        + "proxy b{rule ::8/126{iface c}}")
    #expect(
      result.diagnostics.map(\.message) == [
        "a loop: b solicits on c, c on a (line 1), a on b (line 2) about these targets, so "
          + "solicitations that no host answers go round once"
      ])
  }

  @Test func `of many interfaces the first are named`() throws {
    let message = try #require(parse(ring(of: 20)).diagnostics.first?.message)
    #expect(message.hasPrefix("a loop: p19 solicits on p0, p0 on p1 (line 1), "))
    #expect(message.contains("p4 on p5 (line 5), and so on over 14 more about these targets"))
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `random patterns agree with trying every run`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let name = randomText(of: "ab", count: 1...TextBounds.interfaceNameOctets, using: &random)
      let pattern = randomText(of: "ab?**", count: 1...6, using: &random)
      let found = parse("proxy x{rule ::2{iface \(pattern)}}\nproxy \(name){rule ::2{iface x}}")
        .diagnostics.contains { $0.code == "loop" }
      #expect(found == fits(name[...], pattern[...]), "\(name) \(pattern)")
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `random rules agree with following every address`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var counts = [false: 0, true: 0]
    for step in 0..<100 {
      let rules = randomRules(using: &random)
      let result = parse(rules.map(\.line).joined())
      #expect(result.configuration != nil, "\(result.report)")
      let found = result.diagnostics.filter { $0.code == "loop" }.map(\.location.line)
      let expected = closingLines(of: rules)
      #expect(found == expected, "seed \(seed) step \(step):\n\(rules.map(\.line).joined())")
      counts[expected.isEmpty, default: 0] += 1
    }
    #expect(counts.values.allSatisfy { $0 >= 10 }, "\(counts) are too few of a kind")
  }
}

/// Loops among very many rules: the search ends, if need be without having seen them all.
@Suite struct ManyLoopTests {
  @Test func `a ring of 100,000 is one loop`() {
    let result = parse(ring(of: 100_000))
    #expect(findings(result) == ["100000:14 warning loop"])
  }

  @Test func `a chain of 100,000 that is searched in vain ends`() {
    // Each search goes through all that was added before; nothing can be found.
    let proxies = (0..<100_000).map { "proxy p\($0 + 1){rule ::8/126{iface p\($0)}}\n" }
    #expect(findings(parse(proxies.joined())) == [])
  }

  @Test func `100,000 rules that ask back are one loop each`() {
    let rules = (0..<100_000).map {
      "rule ::8:\(String($0 >> 8, radix: 16)):\(String($0 & 0xff, radix: 16)){iface b}\n"
    }
    let result = parse("proxy a{\n\(rules.joined())}\nproxy b{rule ::/0{iface a}}")
    #expect(result.diagnostics.first?.code == "loop")
    #expect(
      result.diagnostics.last?.message == "99900 more, of which 0 are errors, are not shown")
  }

  @Test func `30,000 rules that a pattern for 30,000 proxies asks back are one loop each`() {
    let rules = (0..<30_000).map { "rule ::8:\(String($0, radix: 16)){iface b}\n" }
    let proxies = (0..<30_000).map { "proxy a\($0){rule ::2{auto}}\n" }
    let result = parse(
      "proxy a{\n\(rules.joined())}\n\(proxies.joined())proxy b{rule ::/0{iface a*}}")
    #expect(
      result.diagnostics.last?.message == "29900 more, of which 0 are errors, are not shown")
  }

  @Test func `30,000 rules that the first of 30,000 others asks back end`() {
    let rules = (0..<30_000).map { "rule ::8:\(String($0, radix: 16)){iface b}\n" }
    let others = (1..<30_000).map { "rule ::/0{iface x\($0)}\n" }
    let result = parse(
      "proxy a{\n\(rules.joined())}\nproxy b{\nrule ::/0{iface a}\n\(others.joined())}")
    #expect(result.diagnostics.first?.code == "loop")
  }

  @Test func `100,000 patterns end`() {
    let rules = (0..<100_000).map { "rule ::8/126{iface *\($0)}\n" }
    let result = parse("proxy a7{\n\(rules.joined())}\nproxy b{rule ::8/126{iface a*}}")
    #expect(findings(result) == [])
  }

  @Test func `50,000 patterns for 50,000 proxies end`() {
    let proxies = (0..<50_000).map { "proxy p\($0){rule ::8/126{iface *\($0 + 1)}}\n" }
    let result = parse(proxies.joined())
    #expect(result.configuration?.proxies.count == 50_000)
  }

  @Test func `a prefix that 16,384 longer ones cover is searched in bounds`() {
    let rules = (0..<16_384).map { "rule ::8:\(String($0, radix: 16)){auto}\n" }
    let proxies = (0..<5000).map { "proxy p\($0){rule ::8:0/114{iface p\($0 + 1)}}\n" }
    let result = parse("proxy a{\n\(rules.joined())}\n\(proxies.joined())")
    #expect(findings(result) == [])
  }
}

/// Proxies each of which asks the next, and the last the first.
private func ring(of count: Int) -> String {
  (0..<count).map { "proxy p\($0){rule ::8/126{iface p\(($0 + 1) % count)}}\n" }.joined()
}

// MARK: - The oracle

/// A rule that has a line of the file for itself: the first one is on line 1.
private struct LoneRule {
  let proxy: String
  let prefix: IPv6Prefix
  let method: Ruleset.Method
  var excluded: [IPv6Prefix] = []

  var line: String {
    let exclusions = excluded.map { " exclude \($0)" }.joined()
    return "proxy \(proxy) { rule \(prefix) { \(method)\(exclusions) } }\n"
  }
}

/// The lines of the rules that close a loop for some address, which is followed rule by rule.
///
/// Slow and obviously right.
private func closingLines(of rules: [LoneRule]) -> [Int] {
  let addresses = (0..<16 as Range<UInt128>).map { IPv6Address(bits: 0x2001 << 112 | $0) }
  return rules.indices.filter { last in
    addresses.contains { closesLoop(last, among: rules, for: $0) }
  }.map { $0 + 1 }
}

/// Whether older rules bring a question that this one asks back to where it was asked.
private func closesLoop(_ last: Int, among rules: [LoneRule], for address: IPv6Address) -> Bool {
  let effective = rules.indices.filter { isEffective($0, among: rules, for: address) }
  guard effective.contains(last) else { return false }
  let age = { (rule: Int) in (rules[rule].prefix.length, rule) }
  let names = Set(rules.map(\.proxy))
  var reached = names.filter { asks(rules[last], on: $0) }
  for _ in names {
    for rule in effective where age(rule) < age(last) && reached.contains(rules[rule].proxy) {
      reached.formUnion(names.filter { asks(rules[rule], on: $0) })
    }
  }
  return reached.contains(rules[last].proxy)
}

/// Whether no other rule or exclusion of the proxy keeps this rule from asking for the address.
private func isEffective(_ rule: Int, among rules: [LoneRule], for address: IPv6Address) -> Bool {
  let own = rules.filter { $0.proxy == rules[rule].proxy }
  let prefixes = own.flatMap { [$0.prefix] + $0.excluded }.filter { $0.contains(address) }
  let longest = prefixes.map(\.length).max()
  let isStatic = own.contains { $0.prefix == rules[rule].prefix && $0.method == .static }
  return rules[rule].prefix.contains(address) && rules[rule].prefix.length == longest && !isStatic
}

private func asks(_ rule: LoneRule, on name: String) -> Bool {
  guard case .interface(let pattern) = rule.method, name != rule.proxy else { return false }
  return fits(name[...], pattern.text[...])
}

private func fits(_ name: Substring, _ pattern: Substring) -> Bool {
  switch pattern.first {
  case nil: return name.isEmpty
  case "*":
    return name.indices.contains { fits(name[$0...], pattern.dropFirst()) }
      || fits("", pattern.dropFirst())
  case "?": return !name.isEmpty && fits(name.dropFirst(), pattern.dropFirst())
  case let first: return name.first == first && fits(name.dropFirst(), pattern.dropFirst())
  }
}

/// Up to 12 different rules of 2 to 5 proxies, all within 16 addresses.
private func randomRules(using random: inout SeededGenerator) -> [LoneRule] {
  let names = ["a", "ab", "b", "bab", "c"].prefix(.random(in: 2...5, using: &random))
  let patterns: [InterfacePattern] = ["*", "?", "a*", "*b", "?b", "b?b", "*a*", "c*", "x"]
  var rules: [LoneRule] = []
  for _ in 0..<Int.random(in: 2...12, using: &random) {
    var rule = LoneRule(
      proxy: names.randomElement(using: &random)!,
      prefix: randomPrefix(lengths: 124...128, using: &random),
      method: [
        .static, .auto, .interface(InterfacePattern(names.randomElement(using: &random)!)),
        .interface(InterfacePattern(names.randomElement(using: &random)!)),
        .interface(patterns.randomElement(using: &random)!),
      ].randomElement(using: &random)!)
    let isKnown = rules.contains {
      $0.proxy == rule.proxy && $0.prefix == rule.prefix && $0.method == rule.method
    }
    if isKnown { continue }
    let excluded = randomPrefix(lengths: 125...128, using: &random)
    if rule.prefix.contains(excluded), rule.prefix != excluded { rule.excluded = [excluded] }
    rules.append(rule)
  }
  return rules
}

private func randomPrefix(
  lengths: ClosedRange<Int>, using random: inout SeededGenerator
) -> IPv6Prefix {
  let address = IPv6Address(bits: 0x2001 << 112 | .random(in: 0..<16, using: &random))
  return IPv6Prefix(address, length: .random(in: lengths, using: &random))
}

private func randomText(
  of characters: String, count: ClosedRange<Int>, using random: inout SeededGenerator
) -> String {
  let count = Int.random(in: count, using: &random)
  return String((0..<count).map { _ in characters.randomElement(using: &random)! })
}
