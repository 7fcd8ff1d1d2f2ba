import NDPWire
import ProxyConfig
import ProxyModel
import TestSupport
import Testing

/// Printing and parsing are each other's inverse.
@Suite struct ConfigurationPrinterTests {
  @Test func `the effective configuration shows every default`() {
    let result = parse(
      "route-ttl 7 proxy eth0 { rule 2001:DB8::1/80 { auto } rule ::5 { iface x } }")
    #expect(
      result.configuration?.description == """
        route-ttl 7
        max-sessions 8192
        max-solicitations 400
        max-route-lookups 5000
        max-advertisements unlimited
        kernel-path auto
        max-announcements 500

        proxy eth0 {
          router yes
          override no
          source auto
          dad verify
          solicitors any
          timeout 1000
          retries 2
          ttl 30000
          deadtime 3000
          keepalive yes
          autowire no
          promiscuous no
          outgoing no
          announce auto
          announce-new no
          rule 2001:db8::/80 {
            auto
            autovia no
          }
          rule ::5/128 {
            iface x
            autovia no
          }
        }

        """)
  }

  @Test func `nothing prints as its limits`() {
    #expect(parse(Configuration().description).configuration == Configuration())
  }

  @Test func `what is printed parses back to itself`() {
    for seed in 0..<300 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let configuration = randomConfiguration(using: &generator)
      let text = configuration.description
      let result = parse(text)
      #expect(result.configuration == configuration, "seed \(seed):\n\(text)\n\(result.report)")
      for limit in [1, 2, 7] {
        #expect(parts(of: configuration, limit: limit).joined() == text, "seed \(seed)")
      }
    }
  }
}

extension ConfigurationPrinterTests {
  /// The text in parts of so many pieces.
  private func parts(of configuration: Configuration, limit: Int) -> [String] {
    var parts: [String] = []
    var start: Int? = 0
    while let from = start {
      let part = configuration.text(from: from, limit: limit)
      #expect(part.next ?? .max > from, "it goes on")
      parts.append(part.text)
      start = part.next
    }
    return parts
  }

  @Test func `a part is as short as its number of pieces, whatever the rules are`() throws {
    let rules = (0..<1000).map { "rule 2001:db8:\(String($0, radix: 16))::/64 { auto }" }
    let exclusions = (0..<1000).map { "exclude 2001:db8::\(String($0, radix: 16))" }
    let text =
      "proxy a { \(rules.joined(separator: " ")) }\n"
      + "proxy b { rule 2001:db8::/64 { auto \(exclusions.joined(separator: " ")) } }"
    let configuration = try #require(parse(text).configuration)
    let longest = parts(of: configuration, limit: 64).map(\.utf8.count).max() ?? 0
    #expect(longest < 64 * 60)
  }

  @Test func `whatever place is asked for, it does not trap`() {
    let configuration = parse("proxy a { rule ::2 { auto } }").configuration ?? Configuration()
    for start in [Int.min, -1, 1, 1 << 21, 1 << 42, 2 << 42, 1 << 42 | 7 << 21 | 9, .max] {
      let part = configuration.text(from: start, limit: 10)
      #expect(part.text.utf8.count < 2000 && (part.next.map { $0 > start } ?? true))
    }
  }
}

private func randomConfiguration(using generator: inout SeededGenerator) -> Configuration {
  var configuration = Configuration()
  configuration.ruleset.proxies = (0..<Int.random(in: 0...4, using: &generator)).map { index in
    // The index keeps the names apart: two proxies for one interface would be joined.
    randomProxy(interface: randomName(suffix: "\(index)", using: &generator), using: &generator)
  }
  configuration.limits.sessions = .random(in: 1...TextBounds.sessions, using: &generator)
  configuration.limits.solicitationsPerSecond = .random(in: 1...TextBounds.rate, using: &generator)
  configuration.limits.routeLookupsPerSecond = .random(in: 1...TextBounds.rate, using: &generator)
  if Bool.random(using: &generator) {
    configuration.limits.advertisementsPerSecond = .random(
      in: 1...TextBounds.rate, using: &generator)
  }
  let pollInterval = 0...TextBounds.pollMilliseconds
  if Bool.random(using: &generator) {
    configuration.routeTTL = .milliseconds(Int.random(in: pollInterval, using: &generator))
  }
  if Bool.random(using: &generator) {
    configuration.addressTTL = .milliseconds(Int.random(in: pollInterval, using: &generator))
  }
  return configuration
}

private func randomProxy(
  interface: String, using generator: inout SeededGenerator
) -> Ruleset.Proxy {
  var proxy = Ruleset.Proxy(interface: interface)
  let lifetime = 1...TextBounds.lifetimeMilliseconds
  proxy.isRouter = .random(using: &generator)
  proxy.isOverride = .random(using: &generator)
  proxy.source = [
    .auto, .linkLocal, .global, .target, .address(IPv6Address(bits: 0x2001 << 112 | 7)),
  ].randomElement(using: &generator)!
  proxy.duplicateDetection = Ruleset.DuplicateDetection.allCases.randomElement(using: &generator)!
  proxy.solicitors = Ruleset.Solicitors.allCases.randomElement(using: &generator)!
  proxy.timers.timeout = .milliseconds(
    Int.random(in: 1...TextBounds.timeoutMilliseconds, using: &generator))
  proxy.timers.retries = .random(in: 0...TextBounds.retries, using: &generator)
  proxy.timers.ttl = .milliseconds(Int.random(in: lifetime, using: &generator))
  proxy.timers.deadtime = .milliseconds(Int.random(in: lifetime, using: &generator))
  proxy.timers.keepsAlive = .random(using: &generator)
  proxy.installsHostRoutes = .random(using: &generator)
  proxy.isPromiscuous = .random(using: &generator)
  proxy.reactsToOutgoing = .random(using: &generator)
  proxy.description = descriptions.randomElement(using: &generator)!
  for _ in 0..<Int.random(in: 0...5, using: &generator) {
    let rule = randomRule(using: &generator)
    let isNew = !proxy.rules.contains { $0.prefix == rule.prefix && $0.method == rule.method }
    if isNew { proxy.rules.append(rule) }
  }
  return proxy
}

private func randomRule(using generator: inout SeededGenerator) -> Ruleset.Rule {
  let address = IPv6Address(bits: .random(in: 0 ... .max, using: &generator))
  let length = Int.random(in: 0...128, using: &generator)
  let methods: [Ruleset.Method] = [
    .static, .auto, .interface(InterfacePattern(randomName(suffix: "", using: &generator))),
  ]
  let prefix = IPv6Prefix(address, length: length)
  let excluded = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
    let host: UInt128 = .random(in: 0 ... .max, using: &generator)
    let inside = IPv6Address(bits: prefix.address.bits | host & ~IPv6Prefix.mask(length: length))
    return IPv6Prefix(inside, length: .random(in: min(length + 1, 128)...128, using: &generator))
  }
  var rule = Ruleset.Rule(
    prefix: prefix, method: methods.randomElement(using: &generator)!,
    excluded: length < 128 ? excluded : [], routesViaNeighbor: .random(using: &generator))
  rule.description = descriptions.randomElement(using: &generator)!
  return rule
}

/// Each is written in quotes, of one kind or the other.
private let descriptions = ["", "x", "the uplink", "say \"yes\"", "Bob's", "a # b // c", "Büro 東京"]

/// A name of every octet that the parser admits, 1 to 15 of them.
private func randomName(suffix: String, using generator: inout SeededGenerator) -> String {
  let admitted = (0x21...0x7e as ClosedRange<UInt8>).filter {
    !"/:{}\"'#;=\\*?@,$".utf8.contains($0)
  }
  let count = Int.random(
    in: 1...TextBounds.interfaceNameOctets - suffix.utf8.count, using: &generator)
  let octets = (0..<count).map { _ in admitted.randomElement(using: &generator)! }
  let name = String(decoding: octets, as: UTF8.self) + suffix
  return name == "." || name == ".." ? "dot" : name
}
