import LinuxNet
import NetworkLab
import Testing

/// The configuration of the guide that this program was made for, as people paste it.
let foundingConfiguration = """
  proxy eth0 {
    rule 2001:19f0:6001:01a6:00ff:0000:0000:0000/80 {
    }
  }
  """

@Suite(.timeLimit(.minutes(1)))
struct CommandLineTests {
  @Test(arguments: ["--help", "-h"])
  func `help names every flag`(flag: String) async throws {
    let result = try await run(flag)
    #expect(result.status == .exited(0))
    for flag in ["--config", "--daemon", "--pidfile", "--verbose", "--test-config", "--version"] {
      #expect(result.output.contains(flag))
    }
  }

  @Test(arguments: ["--version", "-V"])
  func `the version is one line`(flag: String) async throws {
    let result = try await run(flag)
    #expect(result.status == .exited(0))
    #expect(result.output.hasPrefix("ndpproxy ") && result.output.hasSuffix("\n"))
  }

  @Test(arguments: [["--frobnicate"], ["-x"], ["-c"], ["ndppd.conf"], ["-t", "ndppd.conf"]])
  func `a wrong command line is told and nothing is started`(arguments: [String]) async throws {
    let result = try await run(arguments)
    #expect(result.status == .exited(64))
    #expect(result.complaint.contains("--help"))
  }

  @Test func `a file that is not there is named`() async throws {
    let result = try await run("-c", "/nowhere/ndpproxy.conf")
    #expect(result.status == .exited(66))
    #expect(result.complaint.contains("/nowhere/ndpproxy.conf"))
    #expect(try await run("-c", "/").status == .exited(66))
  }

  static let threeErrors = """
    proxy eth0 {
      ruel 2001:db8::/64 {
        static
      }
      ttl soon
      rule 2001:db8:::1/64 {
        auto
      }
    }
    """

  @Test(arguments: ["-t", "--test-config", "-d"])
  func `three errors are all told, with their places`(flag: String) async throws {
    let file = try AnonymousFile(containing: Self.threeErrors)
    let result = try await run(flag, "-c", file.path)
    #expect(result.status == .exited(78))
    for place in ["2:3", "5:7", "6:8"] {
      #expect(result.complaint.contains("\(file.path):\(place): error: "), "\(place)")
    }
    #expect(result.complaint.split(separator: "\n").count { $0.contains(": error: ") } == 3)
    #expect(result.output == "")
  }

  @Test func `a good file is OK`() async throws {
    let file = try AnonymousFile(containing: configuration("auto"))
    let result = try await run("--test-config", "--config", file.path)
    #expect(result == Run(status: .exited(0), output: "configuration OK\n", complaint: ""))
  }

  @Test func `what a file means parses back to itself`() async throws {
    let file = try AnonymousFile(containing: foundingConfiguration)
    let first = try await run("-t", "-v", "-c", file.path)
    #expect(first.status == .exited(0))
    #expect(first.output.contains("rule 2001:19f0:6001:1a6:ff::/80 {\n    static\n"))
    #expect(first.complaint.contains("configuration OK"))
    let printed = try AnonymousFile(containing: first.output)
    let second = try await run("-t", "-v", "-c", printed.path)
    #expect(second.output == first.output)
    #expect(second.complaint == "ndpproxy: configuration OK\n", "no warnings any more")
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `a missing privilege is named in one sentence`() async throws {
    let file = try AnonymousFile(containing: configuration("static", interface: "lo"))
    let result = try await run(
      "-c", file.path,
      wrappedIn: ["unshare", "--net", "setpriv", "--bounding-set=-net_raw"])
    #expect(result.status == .exited(77))
    #expect(result.complaint.split(separator: "\n").count == 1)
    #expect(result.complaint.contains("CAP_NET_RAW"))
  }
}
