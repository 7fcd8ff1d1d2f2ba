import ControlProtocol
import JSONText
import TestSupport
import Testing

/// What a reply writes, its clients read: each member under its name, and none is forgotten.
///
/// The names are written twice, in the declarations that `Decodable` goes by and in `write(to:)`.
struct EveryMemberTests {
  static let words = [
    LogLevel.debug.rawValue, Explanation.Answer.depends.rawValue,
    WatchedMessage.Kind.advertisement.rawValue, RequestFailure.Code.forbidden.rawValue,
  ]

  static var kinds: [any ReplyPart.Type] {
    [
      Status.self, SessionPage.self, RulePage.self, CounterReport.self, ConfigurationReport.self,
      InterfacePage.self, Explanation.self, MonitorReport.self, WatchedMessage.self,
      MissedReport.self, ReloadReport.self, CheckReport.self, RuleSwitchReport.self,
      GateReport.self, FlushReport.self, LogReport.self, RequestFailure.self,
    ]
  }

  @Test(arguments: kinds.indices)
  func `every member is written under the name by which it is read`(kind: Int) throws {
    try check(Self.kinds[kind])
  }

  private func check<Part: ReplyPart>(_ kind: Part.Type) throws {
    let invented = try InventedValue(of: kind, words: Self.words)
    #expect(invented.json.hasPrefix("{\""))
    #expect(
      String(decoding: JSONText.octets(of: invented.value), as: UTF8.self) == invented.json)
  }
}
