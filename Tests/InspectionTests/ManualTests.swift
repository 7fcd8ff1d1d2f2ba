import Inspection
import LinuxNet
import ProxyModel
import Testing

/// The reasons that the manual explains, against those that are logged.
struct ReasonManualTests {
  @Test func `the manual explains reasons as the log has them`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(
      decoding: try RegularFile(root + "/man/ndpproxy.8", limit: 1 << 20).octets, as: UTF8.self)
    let start = try #require(page.firstRange(of: "look for its address in the log:"))
    let end = try #require(page.firstRange(of: ".Sh SECURITY"))
    let items = page[start.upperBound..<end.lowerBound].split(separator: "\n")
      .filter { $0.hasPrefix(".It ") }.map { String($0.dropFirst(4)) }
    let logged = Set(DiscardReason.allCases.map(\.sentence))
    let others: Set = [
      "nothing is logged", "solicitation sent, but no advertisement received",
      "max-... is reached", "answering",
    ]
    #expect(items.count > 12)
    #expect(Set(items).subtracting(logged).subtracting(others) == [])
  }
}
