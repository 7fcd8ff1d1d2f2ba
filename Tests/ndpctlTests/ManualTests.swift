import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// The manual and the completions, against the program itself.
@Suite(.timeLimit(.minutes(5)))
struct ManualTests {
  private func output(_ arguments: String...) async throws -> String {
    try await Node(name: "host", namespace: NetworkNamespace()).result(of: [ndpctl] + arguments)
      .standardOutput
  }

  /// The subcommands that the help names.
  private func commands() async throws -> [String] {
    let help = try await output("--help")
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("SUBCOMMANDS:") })
    // Abstracts that are broken stand further to the right.
    return lines[(start + 1)...].prefix { !$0.isEmpty }.filter {
      $0.hasPrefix("  ") && !$0.hasPrefix("   ")
    }.map {
      String($0.split { " ,".contains($0) }[0])
    }
  }

  private func manual() throws -> String {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(
      decoding: try RegularFile(root + "/man/ndpctl.1", limit: 1 << 20).octets, as: UTF8.self)
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `the manual has every command and every option`() async throws {
    let manual = try manual()
    let commands = try await commands()
    #expect(commands.count >= 13)
    let described = manual.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix(".It Cm ") else { return nil }
      return String(line.split(separator: " ")[2])
    }
    #expect(Set(described) == Set(commands + ["help"]))
    for command in commands {
      let help = try await output("help", command)
      for match in help.matches(of: /--([a-z][a-z-]+)/) {
        let option = String(match.1)
        guard !["version", "help"].contains(option) else { continue }
        #expect(manual.contains("Fl -\(option)"), "\(command) --\(option)")
      }
    }
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted), arguments: ["bash", "zsh", "fish"])
  func `each shell completes every command`(shell: String) async throws {
    let script = try await output("--generate-completion-script", shell)
    for command in try await commands() {
      #expect(script.split { !$0.isLetter }.contains(Substring(command)), "\(command)")
    }
  }
}
