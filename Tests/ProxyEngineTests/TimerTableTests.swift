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
      let number = Int.random(in: 0..<64, using: &generator)
      let timer: TimerTable.Timer =
        number == 0 ? .conditions : number == 1 ? .announcements : .session(number - 2)
      if Int.random(in: 0..<3, using: &generator) == 0 {
        table.remove(timer)
        oracle[number] = nil
      } else {
        let deadline = Instant(nanoseconds: .random(in: 0..<50, using: &generator))
        table.set(timer, to: deadline)
        oracle[number] = deadline
      }
      let first = oracle.min { ($0.value, $0.key) < ($1.value, $1.key) }
      let expected: TimerTable.Timer? = first.map {
        $0.key == 0 ? .conditions : $0.key == 1 ? .announcements : .session($0.key - 2)
      }
      #expect(table.first?.timer == expected)
      #expect(table.first?.deadline == first?.value)
    }
  }
}
