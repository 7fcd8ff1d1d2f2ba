import Conformance
import LinuxNet
import Testing

extension Row: CustomTestStringConvertible {
  public var testDescription: String { "\(id): \(requirement)" }
}

struct ConformanceTests {
  @Test(arguments: Row.all)
  func `without a kernel`(row: Row) async {
    if case .differs(let what) = await row.attemptOnOctets() { Issue.record("\(what)") }
  }
}
