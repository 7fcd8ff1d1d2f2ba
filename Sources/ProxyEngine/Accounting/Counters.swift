package import NDPWire
package import ProxyModel

/// What was counted of one interface, or of all together.
///
/// Numbers never go back.
package struct Tally: Sendable {
  /// Well-formed solicitations received.
  package fileprivate(set) var solicitationsReceived: UInt64 = 0
  /// Well-formed advertisements received.
  package fileprivate(set) var advertisementsReceived: UInt64 = 0
  /// Advertisements sent.
  package fileprivate(set) var advertised: UInt64 = 0
  /// Those of them that were sent without the engine.
  package fileprivate(set) var advertisedElsewhere: UInt64 = 0
  /// Those of them that nobody had solicited.
  package fileprivate(set) var announced: UInt64 = 0
  /// Solicitations sent, each on one interface.
  package fileprivate(set) var solicited: UInt64 = 0
  private var dropped = [UInt64](repeating: 0, count: DropReason.allCases.count)
  private var discarded = [UInt64](repeating: 0, count: DiscardReason.allCases.count)

  /// How many frames were malformed in this way.
  package subscript(reason: DropReason) -> UInt64 { dropped[reason.rawValue] }

  /// How many well-formed messages led to nothing for this reason.
  package subscript(reason: DiscardReason) -> UInt64 { discarded[reason.rawValue] }

  fileprivate mutating func answerElsewhere(_ count: UInt64) {
    solicitationsReceived += count
    advertised += count
    advertisedElsewhere += count
  }

  fileprivate mutating func drop(_ reason: DropReason) { dropped[reason.rawValue] += 1 }
  fileprivate mutating func discard(_ reason: DiscardReason) { discarded[reason.rawValue] += 1 }
}

/// What was counted of one rule.
package struct RuleCount: Sendable {
  /// Questions that it was about.
  package fileprivate(set) var questions: UInt64 = 0
  /// Answers given for it.
  package fileprivate(set) var answers: UInt64 = 0
  /// Those of them that were given without the engine.
  package fileprivate(set) var answersElsewhere: UInt64 = 0
}

/// What the engine did and did not do, since it was made.
///
/// Each event is counted for the interface on which it came and for the rule that it is about:
/// plain increments, whose place is found once for an event.
package struct Counters: Sendable {
  /// All interfaces together, and what belongs to none.
  package private(set) var total = Tally()
  /// Sessions forgotten because `Limits.sessions` was reached.
  package private(set) var sessionsEvicted: UInt64 = 0
  /// Askers forgotten because `Limits.askersPerSession` was reached.
  package private(set) var askersEvicted: UInt64 = 0
  /// How often the targets of a proxy were announced, because its conditions had become met or its
  /// interface had come back.
  package private(set) var announcementRounds: UInt64 = 0
  /// How long those waited who were not answered at once.
  package private(set) var waits = LatencyHistogram()

  private var slots: [Slot] = []
  /// The slot of the event that is being handled.
  private var current: Int?
  /// The slot that was looked for last, most likely the next one, too.
  private var latest = 0
  /// What was counted of each rule, by its position.
  private(set) var rules: [RuleCount] = []
  /// The rule that is being followed.
  var rule: Int?

  private struct Slot: Sendable {
    var name: String
    /// `nil` while there is no such interface.
    var index: InterfaceIndex?
    var tally = Tally()
  }

  /// Advertisements sent.
  package var advertised: UInt64 { total.advertised }

  /// Solicitations sent, each on one interface.
  package var solicited: UInt64 { total.solicited }

  /// How many frames were malformed in this way.
  package subscript(reason: DropReason) -> UInt64 { total[reason] }

  /// How many well-formed messages led to nothing for this reason.
  package subscript(reason: DiscardReason) -> UInt64 { total[reason] }

  /// The interfaces on which something was heard or said, by name, with what was counted of each.
  package var interfaces: [(name: String, tally: Tally)] { slots.map { ($0.name, $0.tally) } }
}

// MARK: - Counting

extension Counters {
  mutating func drop(_ reason: DropReason) {
    total.drop(reason)
    if let current { slots[current].tally.drop(reason) }
  }

  mutating func discard(_ reason: DiscardReason) {
    total.discard(reason)
    if let current { slots[current].tally.discard(reason) }
  }

  mutating func receiveSolicitation() {
    total.solicitationsReceived += 1
    if let current { slots[current].tally.solicitationsReceived += 1 }
  }

  mutating func receiveAdvertisement() {
    total.advertisementsReceived += 1
    if let current { slots[current].tally.advertisementsReceived += 1 }
  }

  mutating func advertise(on index: InterfaceIndex) {
    total.advertised += 1
    if let slot = slot(of: index) { slots[slot].tally.advertised += 1 }
    if let rule, rule < rules.count { rules[rule].answers += 1 }
  }

  mutating func announce(on index: InterfaceIndex) {
    total.advertised += 1
    total.announced += 1
    guard let slot = slot(of: index) else { return }
    slots[slot].tally.advertised += 1
    slots[slot].tally.announced += 1
  }

  mutating func beginAnnouncements() { announcementRounds += 1 }

  /// Counts a question for a rule and the answer to it.
  mutating func answerAtOnce(on index: InterfaceIndex, rule: Int) {
    total.solicitationsReceived += 1
    total.advertised += 1
    if rule < rules.count {
      rules[rule].questions += 1
      rules[rule].answers += 1
    }
    guard let slot = slot(of: index) else { return }
    latest = slot
    slots[slot].tally.solicitationsReceived += 1
    slots[slot].tally.advertised += 1
  }

  /// Counts questions for a rule that were answered without the engine.
  mutating func answerElsewhere(_ count: UInt64, on index: InterfaceIndex, rule: Int) {
    total.answerElsewhere(count)
    if rule < rules.count {
      rules[rule].questions += count
      rules[rule].answers += count
      rules[rule].answersElsewhere += count
    }
    if let slot = slot(of: index) { slots[slot].tally.answerElsewhere(count) }
  }

  mutating func solicit(on index: InterfaceIndex) {
    total.solicited += 1
    if let slot = slot(of: index) { slots[slot].tally.solicited += 1 }
  }

  mutating func evictSession() { sessionsEvicted += 1 }
  mutating func evictAsker() { askersEvicted += 1 }
  mutating func wait(_ nanoseconds: UInt64) { waits.add(nanoseconds) }

  /// Counts a question for a rule, and what follows as that rule's.
  mutating func follow(_ position: Int) {
    rule = position
    if position < rules.count { rules[position].questions += 1 }
  }

  /// Counts what follows as that interface's, if it has a place of its own.
  mutating func enter(_ index: InterfaceIndex) {
    current = slot(of: index)
    if let current { latest = current }
  }

  /// Counts what follows as nobody's.
  mutating func leave() {
    current = nil
    rule = nil
  }

  @inline(__always)
  private func slot(of index: InterfaceIndex) -> Int? {
    latest < slots.count && slots[latest].index == index ? latest : anySlot(of: index)
  }

  private func anySlot(of index: InterfaceIndex) -> Int? {
    slots.indices.first { slots[$0].index == index }
  }
}

// MARK: - Places

extension Counters {
  /// Whether an interface has a place of its own.
  func counts(_ index: InterfaceIndex) -> Bool { slot(of: index) != nil }

  /// Gives an interface a place of its own, or the one it had when it was here before.
  ///
  /// Beyond `Limits.countedInterfaces` it takes that of one that is gone; where there is none, it
  /// is counted in the total alone.
  mutating func admit(_ index: InterfaceIndex, named name: String) {
    if let known = slots.firstIndex(where: { $0.name == name }) {
      slots[known].index = index
    } else if slots.count < Limits.countedInterfaces {
      slots.append(Slot(name: name, index: index))
    } else if let free = slots.firstIndex(where: { $0.index == nil }) {
      slots[free] = Slot(name: name, index: index)
    }
  }

  /// Keeps the numbers of an interface that is gone, or is called otherwise from now on.
  mutating func release(_ index: InterfaceIndex) {
    for slot in slots.indices where slots[slot].index == index { slots[slot].index = nil }
  }

  /// Starts to count for these rules; what is known of each is handed over.
  mutating func setRules(_ counts: [RuleCount]) {
    rules = counts
    rule = nil
  }
}
