package import NDPWire
package import ProxyModel

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
