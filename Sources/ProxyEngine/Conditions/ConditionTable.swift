package import ProxyModel

/// Which conditions are met: as this host shows them, damped where they flap.
///
/// A condition that fails counts at once. One that holds again counts at once, too, unless it has
/// failed more than `Limits.toleratedFailures` times within `Limits.flapWindow`: then it counts
/// when it has held for `Limits.flapPenalty` without a break.
struct ConditionTable {
  private var entries: [Ruleset.Condition: Entry] = [:]
  /// Those that hold and do not count yet, and when they will.
  private var heldBack: [Ruleset.Condition: Instant] = [:]
  /// The first of these instants.
  private(set) var nextDeadline: Instant?
  /// How often a change of conditions was gone by.
  var changeCount: UInt64 = 0

  private struct Entry {
    var isMet: Bool
    /// When it became as it is.
    var since: Instant
    /// When it failed, the last times.
    var failures: [Instant] = []
  }

  /// Whether a condition is met; one of which nothing is known is not.
  func isMet(_ condition: Ruleset.Condition) -> Bool { entries[condition]?.isMet == true }

  /// Since when it is as it is, and when it will count if it goes on to hold.
  func times(of condition: Ruleset.Condition) -> (since: Instant?, heldBackUntil: Instant?) {
    (entries[condition]?.since, heldBack[condition])
  }

  /// Takes up whether a condition holds now; says whether that changes what is met.
  mutating func set(_ condition: Ruleset.Condition, to holds: Bool, now: Instant) -> Bool {
    guard let entry = entries[condition] else {
      entries[condition] = Entry(isMet: holds, since: now)
      return holds
    }
    if !holds {
      if entry.isMet || heldBack[condition] != nil { noteFailure(of: condition, now: now) }
      heldBack[condition] = nil
      findDeadline()
      guard entry.isMet else { return false }
      change(condition, to: false, now: now)
      return true
    }
    if entry.isMet || heldBack[condition] != nil { return false }
    let recent = entry.failures.count { now < $0 + Limits.flapWindow }
    if recent > Limits.toleratedFailures {
      heldBack[condition] = now + Limits.flapPenalty
      findDeadline()
      return false
    }
    change(condition, to: true, now: now)
    return true
  }

  /// Has those count that have held for long enough; says whether there are any.
  mutating func count(now: Instant) -> Bool {
    guard let nextDeadline, nextDeadline <= now else { return false }
    for (condition, instant) in heldBack where instant <= now {
      heldBack[condition] = nil
      change(condition, to: true, now: now)
    }
    findDeadline()
    return true
  }

  /// Forgets all others than these.
  mutating func keep(_ conditions: Set<Ruleset.Condition>) {
    entries = entries.filter { conditions.contains($0.key) }
    heldBack = heldBack.filter { conditions.contains($0.key) }
    findDeadline()
  }

  private mutating func change(_ condition: Ruleset.Condition, to isMet: Bool, now: Instant) {
    entries[condition]?.isMet = isMet
    entries[condition]?.since = now
  }

  private mutating func noteFailure(of condition: Ruleset.Condition, now: Instant) {
    var failures = entries[condition]?.failures ?? []
    failures.append(now)
    if failures.count > Limits.toleratedFailures + 1 { failures.removeFirst() }
    entries[condition]?.failures = failures
  }

  private mutating func findDeadline() { nextDeadline = heldBack.values.min() }
}

/// How it is with one condition.
package struct ConditionSummary: Sendable {
  /// The condition.
  package let condition: Ruleset.Condition
  /// The interface of the proxy that has it.
  package let proxy: String
  /// The rule that has it; `nil` where the proxy itself has.
  package let rule: Int?
  /// Whether it is met.
  package let isMet: Bool
  /// Since when it is or is not; `nil` where nothing has been heard of it.
  package let since: Instant?
  /// When it will be met, where it holds and is held back because it flaps.
  package let heldBackUntil: Instant?
}
