import NDPWire
import ProxyModel

extension Lowering {
  /// Notes where `autowire` makes hosts behind several interfaces trust each other.
  ///
  /// A target is where it answered last, and its host route leads there: a host behind one of the
  /// interfaces can claim what another has.
  mutating func noteTrustDomains(among drafts: [ProxyDraft]) {
    for draft in drafts where draft.proxy.installsHostRoutes {
      var first: [IPv6Prefix: String] = [:]
      for rule in draft.proxy.rules {
        guard case .interface(let pattern) = rule.method else { continue }
        let name = pattern.text
        if !pattern.isExact {
          note(rule, "the interfaces that match '\(name)'", in: draft)
        } else if let other = first[rule.prefix] {
          note(rule, "\(other) and \(name)", in: draft)
        } else {
          first[rule.prefix] = name
        }
      }
    }
  }

  private mutating func note(
    _ rule: Ruleset.Rule, _ interfaces: String, in draft: ProxyDraft
  ) {
    guard let offset = draft.offset(of: rule) else { return }
    diagnostics.report(
      .note, .trustDomain, at: offset,
      "with 'autowire', \(interfaces) are one trust domain: a host behind one of them can take over "
        + "addresses of \(rule.prefix) from hosts behind the others",
      suggestion: "to keep them apart, write a rule with a prefix of its own for each interface")
  }
}
