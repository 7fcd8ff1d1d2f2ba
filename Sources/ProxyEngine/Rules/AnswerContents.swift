package import NDPWire
package import ProxyModel

/// What an answer table says, for whoever answers by it elsewhere.
package struct AnswerContents: Equatable, Sendable {
  /// The proxy interface.
  package let interface: InterfaceIndex
  /// The position of the proxy, among those of one ruleset.
  package let proxy: Int
  /// Its link-layer address.
  package let linkLayerAddress: MACAddress
  /// The flag R of answers.
  package let isRouter: Bool
  /// The flag O.
  package let isOverride: Bool
  /// Whether the target itself is the source of answers.
  package let answersAsTarget: Bool
  /// The source towards link-local solicitors; `nil` where the engine has to choose.
  package let linkLocalSource: IPv6Address?
  /// The prefixes that are on-link, but for link-local ones, and the source towards each.
  package let places: [Place]
  /// The interface's own addresses.
  package let addresses: [Interface.Address]

  /// A prefix that is on-link; the longest one that a solicitor is in counts.
  package struct Place: Equatable, Sendable {
    /// The prefix.
    package let prefix: IPv6Prefix
    /// The source of answers to solicitors in it; `nil` where there is none.
    package let source: IPv6Address?
  }
}

/// A rule, for whoever answers by it elsewhere.
package struct PublishedRule: Equatable, Sendable {
  /// The targets.
  package let prefix: IPv6Prefix
  /// Its position among those of all proxies, by which its answers are counted.
  package let position: Int
  /// What becomes of questions.
  package let method: Method

  /// What becomes of questions for the targets of a rule.
  package enum Method: Equatable, Sendable {
    /// They are not answered: it excludes its targets, or is not in force.
    case excluded
    /// They are answered.
    case `static`
    /// They are answered while the target is known to be there.
    case conditional
    /// The same, and while the kernel's route leads to an interface on which nobody can be asked.
    case routed
  }
}

extension Engine {
  /// What is answered at once on each proxy interface; empty where answers are limited, for then
  /// the engine has to see every question.
  ///
  /// `areAnswersPublished` holds then until something is different. Costs the number of proxies.
  package mutating func answerContents() -> [AnswerContents] {
    answers.arePublished = true
    guard budgets.advertisements == nil else { return [] }
    refreshAnswers()
    return answers.tables.filter { mayPublish(ofProxy: $0.proxy) }.map { $0.contents }
  }

  /// The rules of the proxy on an interface, in no order: the longest prefix counts.
  ///
  /// They change with `replace`; those of a proxy with conditions, of which `answerContents` says
  /// nothing, change with these, too. Costs their number.
  package func publishedRules(on index: InterfaceIndex) -> [PublishedRule] {
    guard let proxy = rules.proxy(on: index) else { return [] }
    return rules.positions(ofProxy: proxy).map { position in
      let rule = rules.rules[position]
      let method: PublishedRule.Method =
        if rule.isExclusion || !rule.isEntitled {
          .excluded
        } else if rule.isStatic {
          .static
        } else if rule.isAuto {
          .routed
        } else { .conditional }
      return PublishedRule(prefix: rule.prefix, position: position, method: method)
    }
  }

  /// All interfaces of this host.
  package var allInterfaces: [Interface] { interfaces.interfaces }

  /// Whether `answerContents` has been read since the last change.
  package var areAnswersPublished: Bool { answers.arePublished }

  /// Has `answerContents` read again although nothing is different.
  package mutating func republishAnswers() { answers.arePublished = false }
}
