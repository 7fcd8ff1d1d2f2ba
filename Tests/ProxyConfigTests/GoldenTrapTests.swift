import ProxyConfig
import Testing

/// Each trap of ndppd's language as a file of its own, beside the exact report that it gets.
///
/// `Traps/NAME.conf` goes with `Traps/NAME.expected`, which is empty where nothing is wrong.
@Suite struct GoldenTrapTests {
  /// A host on which there is nothing to be included.
  private final class NoFiles: IncludedFiles {
    func paths(matching path: String) -> [String] { path.contains("*") ? [] : [path] }

    func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile {
      throw IncludeFailure(reason: "open \(path): No such file or directory")
    }
  }

  static let path = "Tests/ProxyConfigTests/Traps/"

  static let traps = names(inDirectory: path, ending: ".conf")

  @Test func `the traps are there, each with its report`() {
    #expect(Self.traps.count >= 70)
    #expect(Self.traps == names(inDirectory: Self.path, ending: ".expected"))
  }

  @Test func `every report is the expected one`() throws {
    var different: [String] = []
    for name in Self.traps {
      let octets = try #require(contents(ofFile: "\(Self.path)\(name).conf"))
      let expected = contents(ofFile: "\(Self.path)\(name).expected") ?? []
      let result = ConfigurationParser.parse(
        octets, fileName: "\(name).conf", including: NoFiles())
      let report = result.report
      if Array(report.utf8) != expected { different.append("\(name):\n\(report)") }
    }
    #expect(different.isEmpty, "\(different.joined(separator: "\n"))")
  }
}
