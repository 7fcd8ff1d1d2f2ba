import LinuxNet
import NDPWire
import NetworkLab
import Testing

/// The configuration in force, as ndpctl prints it.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(3)))
struct ConfigurationTests {
  @Test func `what is printed is a file of the same meaning, whatever its length`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let count = 60_000
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
      let result = try await network.gateway.ndpctl("config", of: daemon)
      #expect(result.status == .exited(0), "\(result.standardError)")
      #expect(result.standardOutput.hasPrefix("# \(daemon.configuration.path)\n"))
      let rules = result.standardOutput.split(separator: "\n").count { $0.hasPrefix("  rule ") }
      #expect(rules == count + 2)
      let printed = try TemporaryFile(containing: result.standardOutput)
      let read = try await network.gateway.result(
        of: [ndpproxy, "-t", "-o", "-v", "-c", printed.path])
      #expect("# \(daemon.configuration.path)\n" + read.standardOutput == result.standardOutput)
      let json = try await network.gateway.ndpctl("config", "--json", of: daemon)
      #expect(json.standardOutput.split(separator: "\n").count == 1)
      #expect(json.status == .exited(0))
    }
  }
}
