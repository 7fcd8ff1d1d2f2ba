import Glibc
import Testing

/// The systemd unit, as systemd's own tools see it.
struct ServiceUnitTests {
  private static let analyzer = "/usr/bin/systemd-analyze"

  @Test(.enabled(if: access(analyzer, X_OK) == 0))
  func `the unit exposes no more than it must`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let unit = root + "/systemd/ndpproxy.service"
    // 16 tenths: whoever loosens the unit has to say so here.
    let status = system(
      "\(Self.analyzer) security --offline=true --threshold=16 '\(unit)' >/dev/null 2>&1")
    #expect(status == 0)
  }

  @Test func `an exit status that a restart cannot help is told to systemd`() throws {
    let unit = try #require(
      SourceTree.files(under: "systemd", endings: [".service"]).first)
    #expect(unit.lines.contains("RestartPreventExitStatus=64 66 67 77 78"))
  }

  @Test func `a reload is waited for, and ndpctl has a place to connect`() throws {
    let unit = try #require(
      SourceTree.files(under: "systemd", endings: [".service"]).first)
    #expect(unit.lines.contains("ExecReload=/usr/bin/ndpctl reload"))
    #expect(unit.lines.contains("RuntimeDirectory=ndpproxy"))
  }
}
