import LinuxSurvey
import NetworkLab
import Testing

@testable import HostDoctor

/// What is printed for people to paste, as a shell reads it.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ShellTests {
  /// Names that break out of quotes, or would mean something to a shell or a terminal.
  static let names: [[UInt8]] =
    (1...255).map { [$0] } + (1...255).map { [UInt8(ascii: "a"), $0, UInt8(ascii: "b")] }
    + [
      "", "'\u{301};>pwn;'\u{301}", "'\u{301}", "\"\u{301}`id`", "$IFS", "${IFS}", "$(id)", "`id`",
      "a\\", "\\c", "\\n", "\\\\'", "a\nb", "\na", "\n\na", "-n", "-e", "--", "-", "~", "~root",
      "a=b", "=", "*", "?", "[a]", "{a,b}", "!!", "!$", "^a^b", "#", "a#b", ";", "&", "|", "<", ">",
      "%s", "%%", "%n", "\u{1b}]0;own\u{7}", "\u{9b}5m", "\u{202e}abc", "\u{2028}", "\u{200b}",
      "\u{e0041}", "a'b\"c", "'", "''", "'''", "a b", " ", "\t", "zt0", "eth0.5", "日本",
    ].map { Array($0.utf8) }
    + [[0xff, 0xfe], [0xc2], [0xe2, 0x80], [0x80, 0x27], [0xa0], [0x27, 0xcc, 0x81, 0x3b]]

  @Test func `a shell gives back the very octets`() async throws {
    let written = Self.names.map { ($0, Shell.word($0)) }
    // What ends in a line feed cannot be written.
    for (octets, word) in written { #expect((word == nil) == (octets.last == 0x0a), "\(octets)") }
    let words = written.compactMap(\.1)
    for shell in ["sh", "bash"] {
      let script =
        "for w in \(words.joined(separator: " ")); do printf '%s' \"$w\" | od -An -v -tx1;"
        + " echo .; done"
      let read = try await octets(of: script, by: shell)
      let expected = written.filter { $0.1 != nil }.map(\.0)
      #expect(read.count == expected.count)
      for (one, other) in zip(read, expected) { #expect(one == other) }
    }
  }

  @Test func `what is printed is printable ASCII`() {
    for word in Self.names.compactMap(Shell.word) {
      #expect(word.utf8.allSatisfy { 0x20...0x7e ~= $0 }, "\(word)")
    }
  }

  @Test func `plain words stay as people write them`() {
    for word in ["ip", "-6", "2001:db8::/80", "eth0.5", "net.ipv6.conf.eth0/5.forwarding=1"] {
      #expect(Shell.word(word.utf8) == word)
    }
    #expect(Shell.word("a b".utf8) == "'a b'")
    #expect(Shell.word("it's".utf8) == "'it'\\''s'")
    #expect(Shell.word([0x9b]) == "\"$(printf '\\233')\"")
  }

  @Test func `octets that were lost make no command`() {
    #expect(Shell.words(["ip", "link", "set", "dev", "zt\u{fffd}", "up"]) == nil)
    let fix = Fix([.run(["ip", "link", "set", "dev", "zt\u{fffd}", "up"])], lasting: [])
    #expect(fix.commands == [] && fix.actions == [] && fix.obstacle != nil)
    #expect(Shell.words(["a\u{0}b"]) == nil)
  }

  /// The words that a shell makes of a script, by way of od(1): each line of `.` ends one.
  private func octets(of script: String, by shell: String) async throws -> [[UInt8]] {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    let output = try await node.run(shell, "-s", input: script + "\n")
    return output.split(separator: ".", omittingEmptySubsequences: false).dropLast().map { dump in
      dump.split { " \n".contains($0) }.compactMap { UInt8($0, radix: 16) }
    }
  }
}
