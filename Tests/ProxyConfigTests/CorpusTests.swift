import ProxyConfig
import Testing

/// Real files of ndppd's users, and what ndppd 0.2.5 was seen to make of them.
@Suite struct CorpusTests {
  static let fromTheWild = CorpusFile.all.filter(\.isFromTheWild)

  static let constructed = CorpusFile.all.filter {
    $0.isAccepted && !$0.isFromTheWild && $0.path != missingInterface
  }

  static let refused = CorpusFile.all.filter { !$0.isAccepted }

  static let traps = CorpusFile.all.filter { !$0.marks.isEmpty && $0.path != missingInterface }

  /// What is no matter of the file, and nothing to report.
  static let missingInterface = "valid/s39-missing-daughter"

  @Test func `the corpus is there, each file with what ndppd made of it`() {
    #expect(Self.fromTheWild.count >= 22)
    #expect(Self.constructed.count >= 31)
    #expect(Self.refused.count >= 18)
    #expect(Self.traps.count >= 11)
    for folder in ["invalid", "valid"] {
      let files = CorpusFile.all.filter { $0.path.hasPrefix(folder) }
      #expect(
        files.map { "\($0.path.dropFirst(folder.count + 1))" }
          == names(inDirectory: corpusPath + folder, ending: ".expect"))
      #expect(files.allSatisfy { $0.isAccepted == (folder == "valid") })
    }
  }

  @Test(arguments: fromTheWild)
  func `a file from the wild means what it meant`(file: CorpusFile) {
    let result = file.parse()
    guard file.marks.isEmpty else {
      #expect(result.diagnostics.contains { $0.severity == .error })
      return
    }
    #expect(!result.diagnostics.contains { $0.severity == .error }, "\(result.report)")
    #expect(rules(of: result.configuration) == file.effectiveRules)
  }

  @Test(arguments: constructed)
  func `a constructed file means what it meant, or it is said where it does not`(
    file: CorpusFile
  ) {
    let result = file.parse()
    let isSame = rules(of: result.configuration) == file.effectiveRules
    #expect(isSame || isLocated(result, in: file))
  }

  @Test(arguments: refused)
  func `a file that ndppd refuses is explained`(file: CorpusFile) {
    #expect(isLocated(file.parse(), in: file))
  }

  @Test(arguments: traps)
  func `a trap is never silent`(file: CorpusFile) {
    #expect(isLocated(file.parse(), in: file))
  }

  @Test func `a rule waits for its interface rather than become another`() throws {
    let file = try #require(CorpusFile.all.first { $0.path == Self.missingInterface })
    #expect(file.effectiveRules == ["eth0 2001:db8::/64 static"])
    let result = file.parse()
    #expect(rules(of: result.configuration) == ["eth0 2001:db8::/64 iface nosuch0"])
    #expect(result.diagnostics.isEmpty)
  }

  /// Whether something is reported, and all of it with a place in the file.
  private func isLocated(_ result: ParseResult, in file: CorpusFile) -> Bool {
    let lineCount = file.octets.count { $0 == 0x0a } + 1
    return !result.diagnostics.isEmpty
      && result.diagnostics.map(\.location).allSatisfy {
        $0.file == file.fileName && 1...lineCount ~= $0.line && $0.column >= 1
      }
  }
}
