package import NDPWire
package import ProxyModel

/// What an answer table says, for whoever answers by it elsewhere.
package struct AnswerContents: Equatable, Sendable {
  /// The proxy interface.
  package let interface: InterfaceIndex
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
  /// The same towards others.
  package let globalSource: IPv6Address?
  /// The interface's own addresses.
  package let addresses: [Interface.Address]
  /// The rules of the proxy, in no order: the longest prefix counts.
  package let rules: [Entry]

  /// One rule.
  package struct Entry: Equatable, Sendable {
    /// The targets.
    package let prefix: IPv6Prefix
    /// Its position among those of all proxies, by which its answers are counted.
    package let position: Int
    /// What becomes of questions.
    package let method: Method
  }

  /// What becomes of questions for the targets of a rule.
  package enum Method: Equatable, Sendable {
    /// They are not answered: it excludes its targets, or is not in force.
    case excluded
    /// They are answered.
    case `static`
    /// They are answered while the target is known to be there.
    case conditional
  }
}

extension Engine {
  /// What is answered at once on each proxy interface; empty where answers are limited, for then
  /// the engine has to see every question.
  ///
  /// Costs the number of rules.
  package mutating func answerContents() -> [AnswerContents] {
    guard advertisementTokens == nil else { return [] }
    refreshAnswers()
    return answers.map { table in
      table.contents(
        rules: rules.positions(ofProxy: table.proxy).map { position in
          let rule = rules.rules[position]
          return AnswerContents.Entry(
            prefix: rule.prefix, position: position,
            method: rule.isExclusion || !rule.isEntitled
              ? .excluded : rule.isStatic ? .static : .conditional)
        })
    }
  }

  /// All link-layer addresses of this host, from which no question is answered.
  package var ownLinkLayerAddresses: Set<MACAddress> {
    Set(interfaces.interfaces.compactMap(\.linkLayerAddress))
  }
}
