import NDPWire
import PrefixTrie
package import ProxyModel

/// What is answered at once on one proxy interface, and with what.
///
/// Immutable, and made of the rules and of what the interface has; when one of these changes it is
/// made anew. Only plain questions have an answer here: those from stations on the link, for
/// targets of static rules and for others that are known to be there. Everything else is for the
/// engine to decide.
///
/// A class, because to look at a struct of so many arrays would copy them each time.
package final class AnswerTable {
  /// The interface.
  package let interface: InterfaceIndex
  /// The position of the proxy.
  let proxy: Int
  private let linkLayerAddress: MACAddress
  private let isRouter: Bool
  private let isOverride: Bool
  private let source: Ruleset.AdvertisementSource
  private let addresses: [Interface.Address]
  /// The one address that may be the source towards link-local askers; `nil` if there is a choice.
  private let linkLocalSource: IPv6Address?
  /// The same towards others.
  private let globalSource: IPv6Address?
  /// Positions in `rules`, by prefix.
  private let trie: PrefixTrie
  private let rules: [Rule]

  /// `nil` where nothing can be answered: the interface has no link-layer address.
  init?(
    _ proxy: Ruleset.Proxy, at position: Int, _ trie: PrefixTrie, rules: [Rule],
    on interface: Interface
  ) {
    guard let own = interface.linkLayerAddress else { return nil }
    self.interface = interface.index
    self.proxy = position
    linkLayerAddress = own
    (isRouter, isOverride, source) = (proxy.isRouter, proxy.isOverride, proxy.source)
    addresses = interface.addresses
    self.trie = trie
    self.rules = rules
    let candidates = addresses.filter { $0.state.isUsable && proxy.source.admits($0.address) }
    let linkLocal = candidates.filter { $0.address.isLinkLocal }
    let global = candidates.filter { !$0.address.isLinkLocal }
    // The other scope is better than silence.
    func sole(_ scope: [Interface.Address], _ other: [Interface.Address]) -> IPv6Address? {
      let choice = scope.isEmpty ? other : scope
      return choice.count == 1 ? choice[0].address : nil
    }
    linkLocalSource = sole(linkLocal, global)
    globalSource = sole(global, linkLocal)
  }

  /// What becomes of a plain question.
  struct Decision {
    /// The source of the answer.
    let source: IPv6Address
    /// The position of the rule that gives it.
    let rule: Int
    /// Whether it is given only while the target is known to be there.
    let isConditional: Bool
  }

  /// The decision on a question; `nil` for what is no plain question.
  ///
  /// The station that asks is known not to be this host. One pass over the addresses of the
  /// interface and one lookup; no allocation.
  func decision(on question: NeighborSolicitation) -> Decision? {
    let (asker, target) = (question.source, question.target)
    var isOnLink = asker.isLinkLocal
    for own in addresses {
      // The kernel answers for its own addresses, and for the anycast address of each prefix.
      if own.address == target || own.address == asker { return nil }
      if own.prefix.address == target, own.prefix.length < 127 { return nil }
      if !isOnLink, own.prefix.contains(asker) { isOnLink = true }
    }
    guard isOnLink, !asker.isUnspecified, asker != target, target.isProxyable,
      !target.isIPv4Compatible,
      let rule = trie.longestMatch(target), !rules[rule].isExclusion, rules[rule].isEntitled,
      let from = source(towards: asker, for: target)
    else { return nil }
    return Decision(source: from, rule: rule, isConditional: !rules[rule].isStatic)
  }

  /// The answer to a plain question.
  func answer(
    to frame: EthernetFrame<NeighborSolicitation>, from source: IPv6Address
  ) -> EthernetFrame<NeighborAdvertisement> {
    EthernetFrame(
      source: linkLayerAddress,
      destination: frame.message.sourceLinkLayerAddress ?? frame.source,
      message: NeighborAdvertisement(
        source: source, destination: frame.message.source, target: frame.message.target,
        isRouter: isRouter, isSolicited: true, isOverride: isOverride,
        targetLinkLayerAddress: linkLayerAddress))
  }

  /// What it says, but for the rules.
  var contents: AnswerContents {
    AnswerContents(
      interface: interface, proxy: proxy, linkLayerAddress: linkLayerAddress,
      isRouter: isRouter, isOverride: isOverride, answersAsTarget: source == .target,
      linkLocalSource: linkLocalSource, places: places, addresses: addresses)
  }

  /// The prefixes that are on-link, each with the source towards solicitors for whom it is the
  /// longest one: whatever else they are in contains it.
  private var places: [AnswerContents.Place] {
    var places: [AnswerContents.Place] = []
    for prefix in addresses.map({ $0.prefix })
    where !prefix.address.isLinkLocal && !places.contains(where: { $0.prefix == prefix }) {
      places.append(
        AnswerContents.Place(
          prefix: prefix,
          source: globalSource ?? addresses.sourceAddress(source, towards: prefix)))
    }
    return places
  }

  private func source(towards asker: IPv6Address, for target: IPv6Address) -> IPv6Address? {
    if source == .target { return target }
    let sole = asker.isLinkLocal ? linkLocalSource : globalSource
    return sole ?? addresses.sourceAddress(source, towards: asker)
  }
}
