import Glibc
import LinuxNet
import Testing

/// Patterns of paths, in a directory of the test's own.
@Suite struct PathPatternTests {
  @Test func `wildcards match names, not slashes, and hidden names only if a dot is written`()
    throws
  {
    let root = try directory(
      with: ["a.conf", "b.conf", "b.conf~", ".c.conf", "d/a.conf", "d/e/a.conf", "e/a.conf"])
    defer { system("rm -r \(root)") }
    let rows: [(pattern: String, names: [String])] = [
      ("*.conf", ["a.conf", "b.conf"]),
      (".*.conf", [".c.conf"]),
      ("?.conf", ["a.conf", "b.conf"]),
      ("[b-z].conf", ["b.conf"]),
      ("*/a.conf", ["d/a.conf", "e/a.conf"]),
      ("*/*/a.conf", ["d/e/a.conf"]),
      ("d/*", ["d/a.conf", "d/e"]),
      ("x/*", []),
      ("a.conf/*", []),
      ("*", ["a.conf", "b.conf", "b.conf~", "d", "e"]),
    ]
    for row in rows {
      let pattern = PathPattern("\(root)/\(row.pattern)")
      #expect(pattern.hasWildcard)
      #expect(pattern.paths(limit: 100) == row.names.map { "\(root)/\($0)" }, "\(row.pattern)")
    }
    #expect(PathPattern("\(root)/*.conf").paths(limit: 1).count == 1)
  }

  @Test func `a path without wildcards is just itself`() {
    #expect(!PathPattern("/etc/x.conf").hasWildcard)
    #expect(PathPattern("/").paths(limit: 9) == ["/"])
    #expect(PathPattern("/etc").paths(limit: 9) == ["/etc"])
    #expect(PathPattern("/nowhere").paths(limit: 9) == [])
  }

  private func directory(with files: [String]) throws -> String {
    let root = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max))"
    for file in files {
      let path = "\(root)/\(file)"
      #expect(system("mkdir -p \"$(dirname '\(path)')\" && touch '\(path)'") == 0)
    }
    return root
  }
}
