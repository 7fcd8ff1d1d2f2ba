import HostDoctor
import JSONText
import TestSupport
import Testing

/// The document of `ndpctl doctor --json`.
struct DocumentTests {
  @Test func `every member is written under the name by which it is read`() throws {
    let invented = try InventedValue(of: DoctorDocument.self)
    #expect(
      String(decoding: JSONText.octets(of: invented.value), as: UTF8.self) == invented.json)
  }
}
