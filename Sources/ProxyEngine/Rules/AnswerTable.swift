package import NDPWire
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
    guard isOnLink, !asker.isUnspecified, asker != target, target.isOrdinary,
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

extension IPv6Address {
  /// Whether it may be somebody's whom a proxy speaks for, without looking at rules.
  fileprivate var isOrdinary: Bool {
    !isLinkLocal && bits >> 32 != 0 && !isIPv4Mapped
  }
}

/// What the engine answers at once.
struct Answers {
  /// One table for each proxy interface; made anew with the first question after a change.
  var tables: [AnswerTable] = []
  /// Whether nothing has changed since.
  var areCurrent = false
  /// Whether they have been read since the last change.
  var arePublished = false
  /// Whether known targets are answered for elsewhere as well.
  var areTargetsPublished = false

  /// Takes down that what is answered at once may be something else.
  mutating func outdate() { (areCurrent, arePublished) = (false, false) }
}

extension Engine {
  /// The answer to a plain question, and what it depends on.
  package struct PlainAnswer {
    /// As it is sent.
    package let frame: EthernetFrame<NeighborAdvertisement>
    /// The position of the rule that gives it.
    package let rule: Int
    /// The position of its proxy.
    let proxy: Int
    /// The session of the target; `nil` for a static rule.
    let session: Int?

    /// Whether it is given only while the target is known to be there.
    package var isConditional: Bool { session != nil }
  }

  /// The answer to a plain question for a target of a static rule or one that is known to be there;
  /// `nil` for what has to be handled as an event.
  ///
  /// It is what `handle` would send. No allocation, but after a change.
  @inline(__always)
  package mutating func plainAnswer(
    to frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex
  ) -> PlainAnswer? {
    guard budgets.advertisements == nil else { return nil }
    refreshAnswers()
    // By position: to take a table out of the array would cost more than to look at it there.
    let places = answers.tables.indices
    guard let place = places.first(where: { answers.tables[$0].interface == index }),
      !interfaces.mayOwn(frame.source), !ownsClaimedAddress(of: frame),
      let decision = answers.tables[place].decision(on: frame.message)
    else { return nil }
    var session: Int?
    if decision.isConditional {
      let key = SessionKey(proxy: answers.tables[place].proxy, target: frame.message.target)
      guard let position = sessions.position(of: key),
        sessions[position].isBelieved(routesAt: routeGeneration),
        !interfaces.hasUsable(frame.message.target)
      else { return nil }
      session = position
    }
    return PlainAnswer(
      frame: answers.tables[place].answer(to: frame, from: decision.source), rule: decision.rule,
      proxy: answers.tables[place].proxy, session: session)
  }

  /// The answer to a plain question, which is counted as given; `nil` as in `plainAnswer`.
  package mutating func answer(
    _ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex, now: Instant
  ) -> EthernetFrame<NeighborAdvertisement>? {
    guard let plain = plainAnswer(to: frame, on: index) else { return nil }
    if let position = plain.session {
      countQuestion(for: position, now: now)
      sessions.touch(position)
      sessions[position].answers &+= 1
    }
    if rules.remembersSolicitors(of: plain.proxy) {
      remember(frame, forProxy: plain.proxy)
    }
    admit(index)
    counters.answerAtOnce(on: index, rule: plain.rule)
    return plain.frame
  }

  /// Makes the tables anew if something has changed since.
  mutating func refreshAnswers() {
    if answers.areCurrent { return }
    answers.tables = answerTables()
    answers.areCurrent = true
  }

  private func ownsClaimedAddress(of frame: EthernetFrame<NeighborSolicitation>) -> Bool {
    frame.message.sourceLinkLayerAddress.map { $0 != frame.source && interfaces.mayOwn($0) }
      ?? false
  }

  /// Those of all proxies whose interface is there.
  ///
  /// Where a rule asks on the interface of its own proxy, each frame is a sign of life as well.
  private func answerTables() -> [AnswerTable] {
    rules.proxies.indices.compactMap { proxy in
      guard !rules.asksWhereItAnswers(proxy), let index = rules.proxyInterfaces[proxy],
        let interface = interfaces[index]
      else { return nil }
      return AnswerTable(
        rules.proxies[proxy], at: proxy, rules.tries[proxy], rules: rules.rules, on: interface)
    }
  }
}
