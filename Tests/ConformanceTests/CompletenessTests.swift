import Conformance
import Testing

struct CompletenessTests {
  /// How many rows each group of requirements has.
  private static let counts: KeyValuePairs = [
    "A": 36, "B": 13, "C": 19, "D": 25, "E": 8, "F": 6, "G": 15, "H": 30, "I": 7, "J": 7, "K": 8,
    "L": 18, "M": 10, "N": 9,
  ]

  static let ids = counts.flatMap { group, count in
    (1...count).map { "\(group)\($0 < 10 ? "0" : "")\($0)" }
  }

  @Test(arguments: ids)
  func `every row of the checklist is there`(id: String) {
    #expect(Row.all.contains { $0.id == id })
  }

  @Test func `every row has an id of its own`() {
    #expect(Set(Row.all.map(\.id)).count == Row.all.count)
  }

  @Test(arguments: PeerProbe.all)
  func `every probe of our peers is a row`(probe: PeerProbe) {
    for id in probe.rows { #expect(Row.all.contains { $0.id == id }, "\(probe.name): \(id)") }
  }
}
