package import NDPWire
import PlainText
package import ProxyModel

/// Something a file says that only the host can confirm, and where it says so first.
package struct HostReference: Sendable {
  /// What the host should have.
  package enum Subject: Hashable, Sendable {
    /// An interface of this name, or one that matches this pattern.
    case interface(String)

    /// An interface of this name that a condition is about.
    case requiredInterface(String)

    /// This address on an interface of this name.
    case address(IPv6Address, interface: String)
  }

  /// What the host should have.
  package let subject: Subject

  /// Where it is named, counted through all files.
  let offset: Int
}

extension ParseResult {
  /// Adds what the host has to say about a reference, in its place among the diagnostics.
  ///
  /// It cannot be an error: another host may be meant.
  package mutating func report(
    _ code: Diagnostic.Code, about reference: HostReference, isNote: Bool = false,
    _ message: String, suggestion: String?
  ) {
    collected.report(
      isNote ? .note : .warning, code, at: reference.offset, message.printableASCII,
      suggestion: suggestion?.printableASCII)
  }

  /// Adds what the host has to say about a rule of the proxy of this name, as a warning.
  package mutating func report(
    _ code: Diagnostic.Code, about rule: Ruleset.Rule, of proxy: String,
    _ message: String, suggestion: String?
  ) {
    guard let offset = places.offset(of: rule, of: proxy) else { return }
    collected.report(
      .warning, code, at: offset, message.printableASCII, suggestion: suggestion?.printableASCII)
  }
}

/// Where each rule was given first, counted through all files.
struct RulePlaces: Sendable {
  private let places: [String: [Ruleset.Rule: (offset: Int, index: Int)]]

  /// By the names of the proxies, and the prefixes and methods of their rules.
  init(_ places: [String: [Ruleset.Rule: (offset: Int, index: Int)]]) {
    self.places = places
  }

  func offset(of rule: Ruleset.Rule, of proxy: String) -> Int? {
    places[proxy]?[Ruleset.Rule(prefix: rule.prefix, method: rule.method)]?.offset
  }
}
