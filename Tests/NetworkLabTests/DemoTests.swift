import LinuxSurvey
import NetworkLab
import Testing

private let ndpctl = (try? Host.programBeside("ndpctl")) ?? ""

/// `ndpctl demo` in a lab's node instead of the host: a lab inside a lab.
@Suite(
  .enabled(if: NetworkNamespace.isPermitted && isInstalled(ndpctl)),
  .timeLimit(.minutes(5)))
struct DemoTests {
  @Test(arguments: [ndpproxy, ndppd].filter(isInstalled))
  func showsThatTheProxyMakesTheDifference(daemon: String) async throws {
    let node = try await FoundingNetwork(members: 1).router
    let result = try await node.result(of: [ndpctl, "demo", "--daemon", daemon, "--pings", "1"])
    #expect(result.status == .exited(0), "\(result.standardError)")
    for text in [
      "0 received", "2001:db8:1:0:ff::10 dev up0 FAILED", "rule 2001:db8:1:0:ff::/80 {",
      "1 received", "lladdr 02:00:00:00:00:ee", "who has 2001:db8:1:0:ff::10?",
      "neighbor advertisement for 2001:db8:1:0:ff::10", "Cleaned up",
    ] {
      #expect(result.standardOutput.contains(text))
    }
    #expect(!result.standardOutput.contains("\u{1b}"))
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
  }

  @Test func showsATakeOver() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let result = try await node.result(
      of: [ndpctl, "demo", "--daemon", ndpproxy, "--two-gateways"])
    #expect(result.status == .exited(0), "\(result.standardError)")
    for text in [
      "gateway 2: notice: ready: standing by on eth0", "condition 'address fe80::5:1' is met",
      " ms after the address had moved", "Cleaned up",
    ] {
      #expect(result.standardOutput.contains(text), "\(result.standardOutput)")
    }
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
  }

  @Test func aDaemonThatDiesFailsTheDemo() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let result = try await node.result(of: [ndpctl, "demo", "--daemon", "/bin/cat"])
    #expect(result.status == .exited(1))
    #expect(result.standardError.hasPrefix("ndpctl demo: /bin/cat exited with 1\n"))
  }

  @Test func aDaemonThatIsNotThereIsSaidAtOnce() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let result = try await node.result(of: [ndpctl, "demo", "--daemon", "/no/such/daemon"])
    #expect(result.status == .exited(1))
    #expect(result.standardOutput.isEmpty)
    #expect(result.standardError.contains("There is no daemon at /no/such/daemon."))
  }
}
