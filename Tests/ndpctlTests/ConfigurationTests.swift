import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The configuration in force, as ndpctl prints it.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ConfigurationTests {
  /// Prints it twice, has it read, and counts rules and lines; in files, for they are long.
  private static let script = """
    "$1" config >"$3.printed" && "$2" -t -o -v -c "$3.printed" 2>"$3.said" >"$3.read"
    echo "status $?"
    sed 1d "$3.printed" | cmp - "$3.read" && echo same
    head -n 1 "$3.printed"
    echo "$(grep -c '^  rule ' "$3.printed") rules"
    echo "$("$1" config --json | wc -l) line"
    rm -f "$3.printed" "$3.read" "$3.said"
    """

  @Test func `what is printed is a file of the same meaning, whatever its length`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let count = 30_000
    let rules = (0..<count).map {
      "rule 2001:db8:\(String($0 >> 8, radix: 16)):\(String($0 & 255, radix: 16))::/80 { auto }\n"
    }
    let exclusions = (1..<500).map { "exclude fd00::\(String($0, radix: 16))\n" }
    let text = """
      proxy eth0 {
      \(rules.joined())
      rule fd00::/64 { iface zt0 \(exclusions.joined()) }
      }
      proxy zt0 { autowire yes rule 2001:db9::/64 { auto } }
      """
    try await network.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      let path = daemon.configuration.path
      let result = try await network.gateway.result(
        of: [
          "env", "NDPPROXY_SOCKET=\(daemon.controlSocket)", "sh", "-c", Self.script, "sh", ndpctl,
          ndpproxy, path,
        ])
      #expect(
        result.standardOutput == "status 0\nsame\n# \(path)\n\(count + 2) rules\n1 line\n",
        "\(result.standardError)")
    }
  }
}
