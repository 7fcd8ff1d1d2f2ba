import Glibc
import Testing

/// The systemd unit, as systemd's own tools see it.
struct ServiceUnitTests {
  private static let analyzer = "/usr/bin/systemd-analyze"
  private static let unit = SourceTree.root + "/systemd/ndpproxy.service"
  /// Continuous integration is root, and has to have it.
  private static let isExpected = geteuid() == 0 || access(analyzer, X_OK) == 0

  @Test(.enabled(if: isExpected))
  func `the unit exposes no more than it must`() throws {
    // 16 tenths: whoever loosens the unit has to say so here.
    let status = system(
      "\(Self.analyzer) security --offline=true --threshold=16 '\(Self.unit)' >/dev/null 2>&1")
    #expect(status == 0)
  }

  /// A word that systemd does not know is no failure to it, but it says so.
  @Test(.enabled(if: isExpected), arguments: ["", "Bogus=yes"])
  func `systemd has nothing to say about the unit`(addition: String) throws {
    // The programs are not installed here; any other will do.
    let status = system(
      """
      directory=$(mktemp -d) && trap 'rm -r "$directory"' EXIT
      { sed 's|/usr/s*bin/ndp[a-z]*|/bin/true|' '\(Self.unit)' && echo '\(addition)'; } \
        >"$directory/ndpproxy.service"
      said=$(\(Self.analyzer) verify --man=no "$directory/ndpproxy.service" 2>&1) || exit 2
      test -z "$said"
      """)
    #expect((status == 0) == addition.isEmpty)
  }

  @Test func `an exit status that a restart cannot help is told to systemd`() throws {
    let unit = try #require(
      SourceTree.files(under: "systemd", endings: [".service"]).first)
    #expect(unit.lines.contains("RestartPreventExitStatus=64 66 67 77 78"))
  }

  /// What is kept is bounded by the configuration, for which no number here could fit.
  @Test func `the kernel does not end it for the memory its configuration takes`() throws {
    let unit = try #require(
      SourceTree.files(under: "systemd", endings: [".service"]).first)
    #expect(!unit.lines.contains { $0.hasPrefix("MemoryMax") || $0.hasPrefix("MemoryHigh") })
    #expect(unit.lines.contains("ExecStart=/usr/sbin/ndpproxy $NDPPROXY_OPTIONS"))
  }

  @Test func `a reload is waited for, and ndpctl has a place to connect`() throws {
    let unit = try #require(
      SourceTree.files(under: "systemd", endings: [".service"]).first)
    #expect(unit.lines.contains("ExecReload=/usr/bin/ndpctl reload"))
    #expect(unit.lines.contains("RuntimeDirectory=ndpproxy"))
  }
}
