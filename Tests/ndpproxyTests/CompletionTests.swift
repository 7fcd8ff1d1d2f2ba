import Subprocess
import Testing

/// What shells offer for ndpproxy, against what it takes.
@Suite(.timeLimit(.minutes(5)))
struct CompletionTests {
  @Test func `bash completes the flags of the help, and no others`() async throws {
    let script = """
      \(try contents(ofFile: "completions/ndpproxy.bash"))
      COMP_WORDS=(ndpproxy -) COMP_CWORD=1
      _ndpproxy
      echo "${COMPREPLY[@]}"
      """
    let offered = try await Subprocess.run(
      .name("bash"), arguments: ["-c", script], output: .string(limit: 1 << 16)
    ).standardOutput
    let known = try await taken()
    #expect(Set(offered.split { $0.isWhitespace }.map(String.init)) == known)
  }

  @Test func `zsh completes the flags of the help, and no others`() async throws {
    let text = try contents(ofFile: "completions/ndpproxy.zsh")
    // Such as `{-c,--config}`.
    let pairs = text.split(separator: "{").dropFirst().map { $0.prefix { $0 != "}" } }
    let offered = pairs.flatMap { $0.split(separator: ",") }
    let known = try await taken()
    #expect(Set(offered.map(String.init)) == known)
  }

  @Test func `fish completes the flags of the help, and no others`() async throws {
    let text = try contents(ofFile: "completions/ndpproxy.fish")
    let words = text.split { $0.isWhitespace }
    let offered = zip(words, words.dropFirst()).compactMap { word, next -> String? in
      switch word {
      case "-s": "-\(next)"
      case "-l": "--\(next)"
      default: nil
      }
    }
    let known = try await taken()
    #expect(Set(offered) == known)
  }

  private func taken() async throws -> Set<String> {
    flags(inHelp: try await run("--help").output)
  }
}
