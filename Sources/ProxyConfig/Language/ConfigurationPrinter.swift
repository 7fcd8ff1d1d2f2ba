import NDPWire
import ProxyModel

extension Configuration: CustomStringConvertible {
  /// The effective configuration in the file's own syntax, every default written out.
  ///
  /// Parsing it gives an equal configuration; `route-ttl` and `address-ttl` stand only if given.
  package var description: String { text(from: 0, limit: .max).text }

  /// A part of that text, which goes on at `next`; `nil` at the end.
  ///
  /// `start` is 0, or where an earlier part ended; behind the end there is nothing. Costs `limit`,
  /// the number of pieces: a rule has two, and one more for each exclusion.
  package func text(from start: Int, limit: Int) -> (text: String, next: Int?) {
    var place = TextPlace(start)
    var text = ""
    for _ in 0..<limit {
      guard let piece = takePiece(at: &place) else { return (text, nil) }
      text += piece
    }
    return (text, place.proxy > proxies.count ? nil : place.number)
  }

  private func takePiece(at place: inout TextPlace) -> String? {
    guard place.proxy <= proxies.count else { return nil }
    guard place.proxy > 0 else {
      place = TextPlace(proxy: 1)
      return head
    }
    return proxies[place.proxy - 1].takePiece(at: &place)
  }

  private var head: String {
    var text = ""
    for keyword in Keyword.all(in: .file) {
      guard case .fileOption(let option) = keyword.meaning, let value = option.text(self) else {
        continue
      }
      text += "\(keyword.name) \(value)\n"
    }
    return text
  }
}

/// Where a part of the text begins: before what of which rule of which proxy.
///
/// Proxy 0 is what stands outside every block, rule 0 is the head of a proxy, and exclusion 0 that
/// of a rule; the numbers behind the last are the ends of their blocks.
private struct TextPlace {
  var proxy: Int
  var rule = 0
  var exclusion = 0

  init(proxy: Int) { self.proxy = proxy }

  /// Reads a number, whoever wrote it.
  init(_ number: Int) {
    proxy = max(0, number) >> (2 * Self.bits)
    rule = max(0, number) >> Self.bits & Self.mask
    exclusion = max(0, number) & Self.mask
  }

  /// All three of them; no file has more than `TextBounds.entries` of any.
  var number: Int { (proxy << Self.bits | rule) << Self.bits | exclusion }

  private static let bits = 21
  private static let mask = 1 << bits - 1
}

extension Ruleset.Proxy {
  fileprivate func takePiece(at place: inout TextPlace) -> String {
    if place.rule == 0 {
      place.rule = 1
      return "\nproxy \(interface) {\n\(options)"
    }
    guard place.rule <= rules.count else {
      place = TextPlace(proxy: place.proxy + 1)
      return "}\n"
    }
    return rules[place.rule - 1].takePiece(at: &place)
  }

  private var options: String {
    var text = ""
    for keyword in Keyword.all(in: .proxy) {
      guard case .proxyOption(let option) = keyword.meaning, let value = option.text(self) else {
        continue
      }
      text += "  \(keyword.name) \(value)\n"
    }
    return text + conditions.map { "  require \($0)\n" }.joined()
  }
}

extension Ruleset.Rule {
  fileprivate func takePiece(at place: inout TextPlace) -> String {
    defer { place.exclusion += 1 }
    if place.exclusion == 0 { return "  rule \(prefix) {\n    \(method)\n" }
    if place.exclusion <= excluded.count { return "    exclude \(excluded[place.exclusion - 1])\n" }
    place.rule += 1
    place.exclusion = -1
    return "\(options)  }\n"
  }

  private var options: String {
    var text = ""
    for keyword in Keyword.all(in: .rule) {
      guard case .ruleOption(let option) = keyword.meaning, let value = option.text(self) else {
        continue
      }
      text += "    \(keyword.name) \(value)\n"
    }
    return text + conditions.map { "    require \($0)\n" }.joined()
  }
}

extension Duration {
  /// The duration in the file's unit; anything below a millisecond is dropped.
  var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
