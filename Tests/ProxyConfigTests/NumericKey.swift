import ProxyConfig
import ProxyModel

/// A key whose value is a number, and what is allowed, written down apart from the parser.
///
/// Tests and fuzzer read the same table, so this file has no more to do with either.
struct NumericKey: CustomStringConvertible, Sendable {
  /// As it is written in the file.
  let name: String

  /// The numbers that it may have.
  let range: ClosedRange<Int>

  /// The numbers that it has in a configuration; none where it has no default.
  let values: @Sendable (Configuration) -> [Int]

  private let isInProxy: Bool

  var description: String { name }

  /// A key outside every block.
  private init(
    _ name: String, _ range: ClosedRange<Int>, of value: @escaping @Sendable (Configuration) -> Int?
  ) {
    self.name = name
    self.range = range
    values = { value($0).map { [$0] } ?? [] }
    isInProxy = false
  }

  /// A key of a proxy.
  private init(
    proxy name: String, _ range: ClosedRange<Int>,
    of value: @escaping @Sendable (Ruleset.Proxy) -> Int
  ) {
    self.name = name
    self.range = range
    values = { $0.proxies.map(value) }
    isInProxy = true
  }

  /// Every key that takes a number.
  static let all = [
    NumericKey("route-ttl", 0...2_147_483_647) { $0.routeTTL.map(milliseconds) },
    NumericKey("address-ttl", 0...2_147_483_647) { $0.addressTTL.map(milliseconds) },
    NumericKey("max-sessions", 1...10_000_000, of: \.limits.sessions),
    NumericKey("max-solicitations", 1...10_000_000, of: \.limits.solicitationsPerSecond),
    NumericKey("max-route-lookups", 1...10_000_000, of: \.limits.routeLookupsPerSecond),
    NumericKey("max-advertisements", 1...10_000_000, of: \.limits.advertisementsPerSecond),
    NumericKey("max-announcements", 1...10_000_000, of: \.limits.announcementsPerSecond),
    NumericKey(proxy: "timeout", 1...3_600_000) { milliseconds($0.timers.timeout) },
    NumericKey(proxy: "retries", 0...10, of: \.timers.retries),
    NumericKey(proxy: "ttl", 1...86_400_000) { milliseconds($0.timers.ttl) },
    NumericKey(proxy: "deadtime", 1...86_400_000) { milliseconds($0.timers.deadtime) },
  ]
}

/// What a text is to a key.
enum NumericReading: Equatable {
  case number(Int)
  case outOfRange
  case noNumber
}

extension NumericKey {
  /// What a text should be: digits, or `-` and digits, whatever their number.
  func reading(of text: String) -> NumericReading {
    let isNegative = text.hasPrefix("-")
    let digits = Array(text.utf8).dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return .noNumber }
    let significant = digits.drop { $0 == 0x30 }
    // No range reaches below zero or to a number this long.
    guard significant.isEmpty || !isNegative, significant.count <= 18 else { return .outOfRange }
    let number = significant.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return range.contains(number) ? .number(number) : .outOfRange
  }

  /// What the parser should have made of a text as the value of this key, if it made another.
  ///
  /// The text is to be one word of the language.
  func objection(to text: String) -> String? {
    let (head, tail) = isInProxy ? ("proxy a {\n", "rule ::2 { auto } }\n") : ("", "")
    let file = "\(head)\(name) \(text)\n\(tail)"
    let result = ConfigurationParser.parse(Array(file.utf8), fileName: "f")
    let errors = result.diagnostics.filter { $0.severity == .error }
    let expected = reading(of: text)
    let isRight =
      switch expected {
      case .number(let number): result.configuration.map(values) == [number]
      case .outOfRange: isReported("number-out-of-range", errors)
      case .noNumber: isReported("invalid-number", errors)
      }
    return isRight ? nil : "'\(name) \(text)' should be \(expected):\n\(result.report)"
  }

  private func isReported(_ code: String, _ errors: [Diagnostic]) -> Bool {
    errors.map(\.code) == [code] && errors[0].location.line == (isInProxy ? 2 : 1)
      && errors[0].location.column == name.utf8.count + 2
  }

  /// The numbers of a configuration that are out of range, which no file may bring about.
  static func violations(in configuration: Configuration) -> [String] {
    all.flatMap { key in
      key.values(configuration).filter { !key.range.contains($0) }.map { "\(key.name) \($0)" }
    }
  }
}

/// A prefix length should be 0 through 128 as Swift prints it; says what was made of another.
///
/// The text is to be one word of the language.
func objection(toPrefixLength text: String) -> String? {
  let file = "proxy a {\nrule 2001:db8::/\(text) { auto } }\n"
  let result = ConfigurationParser.parse(Array(file.utf8), fileName: "f")
  let errors = result.diagnostics.filter { $0.severity == .error }
  let isRight =
    if let length = (0...128).first(where: { "\($0)" == text }) {
      result.configuration?.proxies.first?.rules.map(\.prefix.length) == [length]
    } else {
      errors.map(\.code) == ["invalid-prefix-length"] && errors[0].location.line == 2
    }
  return isRight ? nil : "'/\(text)' is taken for another length than it is:\n\(result.report)"
}

private func milliseconds(_ duration: Duration) -> Int {
  let (seconds, attoseconds) = duration.components
  return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
}
