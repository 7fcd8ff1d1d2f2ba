import Glibc
import Testing

/// The systemd units, as systemd's own tools see them.
struct ServiceUnitTests {
  private static let analyzer = "/usr/bin/systemd-analyze"
  private static let units = ["ndpproxy.service", "ndpproxy-metrics.service"]
  private static func path(_ unit: String) -> String { SourceTree.root + "/systemd/" + unit }
  private func lines(_ unit: String = "ndpproxy.service") -> [Substring] {
    SourceTree.File(path: unit, text: SourceTree.read(Self.path(unit))).lines
  }
  /// Continuous integration is root, and has to have it.
  private static let isExpected = geteuid() == 0 || access(analyzer, X_OK) == 0

  @Test(.enabled(if: isExpected), arguments: units)
  func `a unit exposes no more than it must`(unit: String) throws {
    // 16 tenths: whoever loosens the unit has to say so here.
    let status = system(
      "\(Self.analyzer) security --offline=true --threshold=16 '\(Self.path(unit))' >/dev/null 2>&1"
    )
    #expect(status == 0)
  }

  /// The capabilities that the kernel path needs, and nothing else.
  @Test(.enabled(if: isExpected))
  func `the drop-in for the kernel path exposes no more than it must`() throws {
    let status = system(
      """
      directory=$(mktemp -d) && trap 'rm -r "$directory"' EXIT
      { sed '/^\\[Install\\]/,$d' '\(Self.path("ndpproxy.service"))'
        sed '/^\\[/d' '\(Self.path("kernel-path.conf"))'; } >"$directory/ndpproxy.service"
      \(Self.analyzer) security --offline=true --threshold=17 "$directory/ndpproxy.service" \
        >/dev/null 2>&1
      """)
    #expect(status == 0)
  }

  /// A word that systemd does not know is no failure to it, but it says so.
  @Test(.enabled(if: isExpected), arguments: ["", "Bogus=yes"])
  func `systemd has nothing to say about the units`(addition: String) throws {
    // The programs are not installed here; any other will do.
    let log = "/tmp/ndpproxy-units.\(getpid()).\(addition.utf8.count)"
    defer { unlink(log) }
    let status = system(
      """
      exec >'\(log)' 2>&1
      directory=$(mktemp -d) && trap 'rm -r "$directory"' EXIT
      cp '\(Self.path("ndpproxy-metrics.socket"))' "$directory"
      for unit in \(Self.units.joined(separator: " ")); do
        { sed 's|/usr/s*bin/ndp[a-z]*|/bin/true|' "\(SourceTree.root)/systemd/$unit" \
          && echo '\(addition)'; } >"$directory/$unit"
      done
      for unit in "$directory"/*; do
        said="$said$(\(Self.analyzer) verify --man=no "$unit" 2>&1)" ||
          { echo "$said"; exit 2; }
      done
      test -z "$said"; status=$?; echo "$said"; exit $status
      """)
    #expect((status == 0) == addition.isEmpty, "\(SourceTree.read(log))")
  }

  @Test func `an exit status that a restart cannot help is told to systemd`() {
    #expect(lines().contains("RestartPreventExitStatus=64 66 67 77 78"))
  }

  /// What is kept is bounded by the configuration, for which no number here could fit.
  @Test func `the kernel does not end it for the memory its configuration takes`() {
    #expect(!lines().contains { $0.hasPrefix("MemoryMax") || $0.hasPrefix("MemoryHigh") })
    #expect(lines().contains("ExecStart=/usr/sbin/ndpproxy $NDPPROXY_OPTIONS"))
  }

  @Test func `metrics are for this host, by a process that may not change anything`() {
    #expect(lines("ndpproxy-metrics.socket").contains("ListenStream=[::1]:9637"))
    let service = lines("ndpproxy-metrics.service")
    #expect(service.contains("ExecStart=/usr/bin/ndpctl metrics --listen systemd"))
    #expect(service.contains("DynamicUser=yes") && service.contains("CapabilityBoundingSet="))
    #expect(!lines().contains { $0.contains("metrics") })
  }

  @Test func `a reload is waited for, and ndpctl has a place to connect`() {
    #expect(lines().contains("ExecReload=/usr/bin/ndpctl reload"))
    #expect(lines().contains("RuntimeDirectory=ndpproxy"))
  }
}
