/// How things are with the interfaces that a pattern matches, kept up as they change.
///
/// One change costs the same however many interfaces there are.
package struct PatternConditions {
  private var conditions: [Int32: InterfaceCondition] = [:]
  private var usableCount = 0
  /// How things are with the one that changed last and cannot be used.
  private var latestTrouble: InterfaceCondition?

  /// Starts with none.
  package init() {}

  /// How things are with all of them: one that can be used is enough.
  package var summary: InterfaceCondition {
    if usableCount > 0 { return .usable }
    return conditions.isEmpty ? .unmatched : latestTrouble ?? .unmatched
  }

  /// Takes up how things are with one of them; `nil` where it does not match any more.
  package mutating func set(_ index: Int32, to condition: InterfaceCondition?) {
    if conditions[index] == .usable { usableCount -= 1 }
    if condition == .usable { usableCount += 1 }
    conditions[index] = condition
    if let condition, condition != .usable { latestTrouble = condition }
    if conditions.isEmpty { latestTrouble = nil }
  }
}
