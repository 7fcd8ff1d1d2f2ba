import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// The heap beside a list that is looked through.
struct TimerTableTests {
  @Test(arguments: 0..<20)
  func `the earliest is first, whatever is set and removed`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var table = TimerTable()
    var oracle: [Int: Instant] = [:]
    for _ in 0..<2000 {
      let position = Int.random(in: 0..<64, using: &generator)
      if Int.random(in: 0..<3, using: &generator) == 0 {
        table.remove(position)
        oracle[position] = nil
      } else {
        let deadline = Instant(nanoseconds: .random(in: 0..<50, using: &generator))
        table.set(position, to: deadline)
        oracle[position] = deadline
      }
      let first = oracle.min { ($0.value, $0.key) < ($1.value, $1.key) }
      #expect(table.first?.position == first?.key)
      #expect(table.first?.deadline == first?.value)
    }
  }
}
