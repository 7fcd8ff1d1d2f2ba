import ProxyConfig
import ProxyModel
import Testing

/// Files that include others, as they stand in a directory that only the tests know.
@Suite struct IncludeTests {
  /// The files by their paths; a path whose contents begin with `->` is another name of a file.
  final class Directory: IncludedFiles {
    let texts: [String: String]

    init(texts: [String: String]) { self.texts = texts }

    func paths(matching path: String) -> [String] {
      guard path.contains("*") else { return [path] }
      let parts = path.split(separator: "*", omittingEmptySubsequences: false)
      return texts.keys.filter { $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1]) }.sorted()
    }

    func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile {
      guard let text = texts[path] else {
        throw IncludeFailure(reason: "open \(path): No such file or directory")
      }
      if text.hasPrefix("->") { return try read(String(text.dropFirst(2)), limit: limit) }
      return IncludedFile(identity: path, octets: Array(text.utf8.prefix(limit + 1)))
    }
  }

  private let rule = "rule 2001:db8::/80 { auto }"

  private func parse(_ texts: [String: String]) throws -> ParseResult {
    let directory = Directory(texts: texts)
    let octets = Array(try #require(texts["/etc/f.conf"]).utf8)
    return ConfigurationParser.parse(
      octets, fileName: "/etc/f.conf", identity: "/etc/f.conf", including: directory)
  }

  private func findings(_ result: ParseResult) -> [String] {
    result.diagnostics.map {
      "\($0.location.file):\($0.location.line):\($0.location.column) \($0.severity) \($0.code)"
    }
  }

  @Test func `an included file counts as if it stood there`() throws {
    let result = try parse([
      "/etc/f.conf": "proxy a { \(rule) }\ninclude /etc/b.conf\nproxy c { \(rule) }\n",
      "/etc/b.conf": "proxy b { \(rule) }",
    ])
    #expect(findings(result) == [])
    #expect(result.configuration?.proxies.map(\.interface) == ["a", "b", "c"])
  }

  @Test func `a pattern includes what matches in the order of the names, maybe nothing`() throws {
    let result = try parse([
      "/etc/f.conf": "include d/*.conf\ninclude = \"e/*.conf\"\n",
      "/etc/d/20.conf": "proxy b { \(rule) }", "/etc/d/10.conf": "proxy a { \(rule) }",
      "/etc/d/30.conf~": "nonsense",
    ])
    #expect(findings(result) == ["/etc/f.conf:2:12 note nothing-included"])
    #expect(result.configuration?.proxies.map(\.interface) == ["a", "b"])
  }

  @Test func `a relative path starts where the file stands that names it`() throws {
    let result = try parse([
      "/etc/f.conf": "include d/e.conf", "/etc/d/e.conf": "include g.conf",
      "/etc/d/g.conf": "proxy a { \(rule) }",
    ])
    #expect(findings(result) == [])
    #expect(result.configuration?.proxies.count == 1)
    let plain = ConfigurationParser.parse(
      Array("include g.conf".utf8), fileName: "f.conf",
      including: Directory(texts: ["g.conf": "proxy a { \(rule) }"]))
    #expect(plain.configuration?.proxies.count == 1)
  }

  @Test func `files may each add rules to one proxy`() throws {
    let result = try parse([
      "/etc/f.conf": "include d/*.conf",
      "/etc/d/1.conf": "proxy a { \(rule) }",
      "/etc/d/2.conf": "proxy a { rule 2001:db8:2::/80 { auto } }",
    ])
    #expect(findings(result) == [])
    #expect(result.configuration?.proxies.map(\.rules.count) == [2])
  }

  @Test func `what is wrong is shown in its own file`() throws {
    let result = try parse([
      "/etc/f.conf": "proxy a {\n  ttl 5\n  \(rule)\n}\ninclude d.conf\n}\n",
      "/etc/d.conf": "# more\nproxy a {\n  ttl 6\n  \(rule)\n  rule 2001:db8:x:: { auto }\n}",
    ])
    #expect(
      result.report == """
        /etc/f.conf:6:1: error: this '}' closes nothing; ndppd ignores everything after it \
        [unexpected-brace]
        }
        ^
          remove it, or the one too many before it
        /etc/d.conf:3:3: warning: 'ttl' was given on line 2 of /etc/f.conf, and the first counts \
        [duplicate-key]
          ttl 6
          ^
          remove one of them
        /etc/d.conf:4:3: warning: this rule stands on line 3 of /etc/f.conf already \
        [duplicate-rule]
          rule 2001:db8::/80 { auto }
          ^
          remove one of them
        /etc/d.conf:5:8: error: '2001:db8:x::' is not an IPv6 address [invalid-address]
          rule 2001:db8:x:: { auto }
               ^
          write it like '2001:db8:1:0:ff::/80'

        """)
  }

  @Test func `a file without a line feed at its end does not run into the next`() throws {
    let result = try parse([
      "/etc/f.conf": "include a.conf include b.conf",
      "/etc/a.conf": "proxy a { \(rule)", "/etc/b.conf": "} # here",
    ])
    #expect(
      findings(result) == [
        "/etc/a.conf:1:9 error unterminated-block", "/etc/b.conf:1:1 error unexpected-brace",
      ])
  }

  @Test func `a file that is not there is an error at its name`() throws {
    let result = try parse(["/etc/f.conf": "proxy a { \(rule) }\ninclude more.conf"])
    #expect(findings(result) == ["/etc/f.conf:2:9 error not-included"])
    #expect(
      result.diagnostics.first?.message
        == "this cannot be included: open /etc/more.conf: No such file or directory")
    #expect(result.configuration == nil)
  }

  @Test(arguments: [
    Row("no path", "include\n", "1:1 error missing-value"),
    Row("an empty path", "include \"\"\n", "1:10 error not-included"),
    Row("a comment in the path", "include x.conf#here\n", "1:15 error comment-in-value"),
    Row("a path and more", "include x.conf y.conf\n", "1:16 error unexpected-text"),
    Row("in a block", "proxy a { include x.conf\nrule ::2 { auto } }", "1:11 error misplaced-key"),
    Row("in a rule", "proxy a { rule ::2 { auto include x } }", "1:27 error misplaced-key"),
    Row("a block behind", "include x.conf { }\n", "1:16 error unexpected-block"),
    Row("misspelt", "inlcude x.conf\n", "1:1 warning unknown-key"),
  ])
  func `a wrong include`(row: Row) throws {
    let text = row.text.contains("proxy") ? row.text : row.text + "proxy a { \(rule) }"
    let result = try parse(["/etc/f.conf": text, "/etc/x.conf": ""])
    #expect(
      result.diagnostics.map {
        "\($0.location.line):\($0.location.column) \($0.severity) \($0.code)"
      } == row.expected)
  }

  @Test func `slashes and wildcards in a path begin no comment`() throws {
    let result = try parse([
      "/etc/f.conf": "include /etc//d/*.conf # here", "/etc//d/a.conf": "proxy a { \(rule) }",
    ])
    #expect(findings(result) == [])
    #expect(result.configuration?.proxies.count == 1)
  }

  @Test func `a file counts once, whatever its names`() throws {
    let result = try parse([
      "/etc/f.conf": "include f.conf\ninclude a.conf\ninclude b.conf",
      "/etc/a.conf": "proxy a { \(rule) }\ninclude f.conf", "/etc/b.conf": "->/etc/a.conf",
    ])
    #expect(
      findings(result) == [
        "/etc/f.conf:1:9 warning included-twice", "/etc/f.conf:3:9 warning included-twice",
        "/etc/a.conf:2:9 warning included-twice",
      ])
    #expect(result.configuration?.proxies.map(\.rules.count) == [1])
  }

  @Test func `files include each other 8 deep, and no deeper`() throws {
    var texts = ["/etc/f.conf": "include 1.conf"]
    for depth in 1...TextBounds.includeDepth {
      texts["/etc/\(depth).conf"] = "include \(depth + 1).conf"
    }
    texts["/etc/\(TextBounds.includeDepth).conf"] = "proxy a { \(rule) }"
    #expect(try findings(parse(texts)) == [])
    texts["/etc/\(TextBounds.includeDepth).conf"] = "include 9.conf"
    #expect(
      try findings(parse(texts)) == [
        "/etc/\(TextBounds.includeDepth).conf:1:9 error included-too-deep"
      ]
    )
  }

  @Test func `1000 files are included, and not one more`() throws {
    var texts = ["/etc/f.conf": "include d/*\nproxy a { \(rule) }"]
    for number in 1...TextBounds.includedFiles { texts["/etc/d/\(number)"] = "# nothing" }
    #expect(try findings(parse(texts)) == [])
    texts["/etc/d/0"] = ""
    #expect(try findings(parse(texts)) == ["/etc/f.conf:1:9 error too-many-files"])
  }

  @Test func `all files together have 16 MiB`() throws {
    let half = String(repeating: " ", count: TextBounds.fileOctets / 2)
    let result = try parse([
      "/etc/f.conf": "include a\ninclude b\nproxy a { \(rule) }", "/etc/a": half, "/etc/b": half,
    ])
    #expect(findings(result) == ["/etc/b:1:1 error file-too-large"])
  }

  @Test func `all files together have a million keys`() throws {
    let half = String(repeating: "a\n", count: TextBounds.entries / 2)
    let result = try parse(["/etc/f.conf": "include a\ninclude b", "/etc/a": half, "/etc/b": half])
    #expect(findings(result).contains("/etc/b:499999:1 error too-many-entries"))
  }

  @Test func `UTF-16 and byte order marks are told in included files too`() throws {
    final class Windows: IncludedFiles {
      let octets: [UInt8]
      init(octets: [UInt8]) { self.octets = octets }
      func paths(matching path: String) -> [String] { [path] }
      func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile {
        IncludedFile(identity: path, octets: octets)
      }
    }
    func codes(_ octets: [UInt8]) -> [String] {
      ConfigurationParser.parse(
        Array("include w\nproxy a { \(rule) }".utf8), fileName: "f",
        including: Windows(octets: octets)
      ).diagnostics.map { "\($0.location.file):\($0.location.line) \($0.code)" }
    }
    #expect(codes([0xff, 0xfe, 0x61, 0]) == ["w:1 utf-16"])
    #expect(codes([0xef, 0xbb, 0xbf, 0x0a]) == ["w:1 byte-order-mark"])
  }

  @Test func `without files nothing can be included`() {
    let result = ConfigurationParser.parse(Array("include x".utf8), fileName: "f")
    #expect(result.diagnostics.map(\.code) == ["not-included"])
  }
}
