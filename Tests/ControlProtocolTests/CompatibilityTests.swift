import ControlProtocol
import Glibc
import JSONDecoding
import JSONText
import Testing

/// What other releases say, as they said it: an older `ndpctl` works with this daemon, and this
/// `ndpctl` with an older daemon.
///
/// `Recorded/VERSION.jsonl` has the requests of that version's ndpctl and the replies of its
/// daemon. A release adds its own; none is ever changed.
struct CompatibilityTests {
  static let lines = recorded("0.1.0")
  static let requests = lines.filter { $0.hasPrefix(#"{"version":1,"command""#) }
  static let replies = lines.filter { !$0.hasPrefix(#"{"version":1,"command""#) }

  @Test func `every kind of message was recorded`() {
    #expect(Self.requests.count == 12)
    let kinds = Set(Self.replies.map { $0.split(separator: "\"")[3] })
    #expect(kinds.count == 12, "\(kinds.sorted())")
  }

  @Test(arguments: requests)
  func `an older client is understood`(line: String) throws {
    let request = try Request(reading: line.utf8)
    #expect(String(decoding: JSONText.octets(of: request), as: UTF8.self) == line)
  }

  /// What an older client reads is still written, under the same names and with the same meaning.
  @Test(arguments: replies)
  func `what an older daemon says is read, and written as it was`(line: String) throws {
    let reply = try JSONText.value(Reply.self, from: line.utf8)
    let now = String(decoding: JSONText.octets(of: reply), as: UTF8.self)
    #expect(Self.pieces(now).isSuperset(of: Self.pieces(line)))
  }

  /// A newer daemon says more than this client knows.
  @Test(arguments: replies)
  func `what a newer daemon adds is left out`(line: String) throws {
    let start = try #require(line.firstRange(of: ":{"))
    let newer =
      (line[..<start.lowerBound] + #":{"more":{"x":[1,{"y":null}]},"# + line[start.upperBound...])
      .replacing("[{", with: #"[{"more":1,"#)
    let reply = try JSONText.value(Reply.self, from: newer.utf8)
    #expect(try reply == JSONText.value(Reply.self, from: line.utf8))
  }

  @Test func `another version of the protocol is refused`() {
    #expect(throws: RequestFailure.self) {
      try Request(reading: #"{"version":2,"command":{"status":{}}}"#.utf8)
    }
  }

  /// The fields of a line with their values, whatever their order.
  private static func pieces(_ line: String) -> Set<Substring> {
    Set(line.split { "{}[],".contains($0) })
  }

  private static func recorded(_ version: String) -> [String] {
    let root = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
    guard let stream = fopen("\(root)/Recorded/\(version).jsonl", "r") else { return [] }
    defer { fclose(stream) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 {
      octets += chunk[..<count]
    }
    return String(decoding: octets, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
