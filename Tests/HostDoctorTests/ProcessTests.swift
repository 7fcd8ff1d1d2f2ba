import LinuxSurvey
import NetworkLab
import Testing

@testable import HostDoctor

/// Who is a proxy, whatever it is called.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ProcessTests {
  private let configuration = "proxy eth0 {\n  rule 2001:db8:1:0:ff::/80 {\n    auto\n  }\n}\n"

  /// Runs a copy of sleep(1) by another name on a node.
  private func withSleeper(
    named name: String, as user: Int, in lab: Lab, on node: Node,
    _ body: () async throws -> Void
  ) async throws {
    let path = "\(lab.root)/\(name)"
    try await node.run("cp", "/bin/sleep", path)
    try await node.run("chmod", "755", lab.root, path)
    let command = ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", path, "60"]
    try await node.withProcess(command) { process in
      let link = "/proc/\(process.processIdentifier)/exe"
      let starts: Bool? = try await poll(within: .seconds(5)) {
        try await node.result(of: ["readlink", link]).standardOutput == path + "\n" ? true : nil
      }
      #expect(starts == true)
      try await body()
    }
  }

  static let sleepers = ["ndpproxy", "ndppd", "npd6", "ndppd\u{1b}[31m", "nd\npproxy", "'\u{301};"]

  @Test(arguments: sleepers, [0, 65533])
  func `a name makes no proxy`(name: String, user: Int) async throws {
    let lab = try await Lab()
    try await withSleeper(named: name, as: user, in: lab, on: lab.gateway) {
      let file = try TemporaryFile(containing: configuration)
      let without = try await lab.doctor(file.path)
      #expect(without.codes == ["D51"], "\(without.report)")
      #expect(without["D51"]?.findings.first?.summary == "ndpproxy does not run")
      try await lab.gateway.withDaemon(ndpproxy, configuration: configuration) { daemon in
        for socket in ["off", daemon.controlSocket] {
          let document = try await lab.doctor(daemon.configuration.path, ["-s", socket])
          #expect(document.codes == [], "\(document.report)")
        }
      }
    }
    try await lab.cleanUp()
  }

  @Test func `our daemon is ours by any name`() async throws {
    let lab = try await Lab()
    let (link, copy) = ("\(lab.root)/ndppd", "\(lab.root)/npd6")
    try await lab.shell("ln -s \(ndpproxy) \(link); cp \(ndpproxy) \(copy); chmod 755 \(lab.root)")
    for (path, isKnownByFile) in [(ndpproxy, true), (link, true), (copy, false)] {
      try await lab.gateway.withDaemon(path, configuration: configuration) { daemon in
        let asked = try await lab.doctor(
          daemon.configuration.path, ["-s", daemon.controlSocket])
        #expect(asked.codes == [], "\(path): \(asked.report)")
        #expect(
          asked["D51"]?.message == "ndpproxy runs as process \(daemon.process.processIdentifier)")
        let unasked = try await lab.doctor(daemon.configuration.path, ["-s", "off"])
        #expect(unasked.codes == (isKnownByFile ? [] : ["D51", "D40"]), "\(unasked.report)")
      }
    }
    try await lab.cleanUp()
  }

  @Test func `a daemon of another network is not this one's`() async throws {
    let lab = try await Lab()
    let file = try TemporaryFile(containing: configuration)
    try await lab.network.router.withDaemon(
      ndpproxy, configuration: "proxy up0 {\n  rule 2001:db8:2::/80 {\n    static\n  }\n}\n"
    ) { daemon in
      for socket in ["off", daemon.controlSocket] {
        let document = try await lab.doctor(file.path, ["-s", socket])
        #expect(document.codes == ["D51"], "\(document.report)")
      }
    }
    try await lab.cleanUp()
  }

  @Test func `of two daemons, the one that does not answer at the socket is one too many`()
    async throws
  {
    let lab = try await Lab()
    // No second one starts for the same interface.
    let elsewhere = "proxy zt0 {\n  rule 2001:db8:7::1/128 {\n    static\n  }\n}\n"
    try await lab.gateway.withDaemon(ndpproxy, configuration: configuration) { one in
      try await lab.gateway.withDaemon(ndpproxy, configuration: elsewhere) { other in
        let document = try await lab.doctor(one.configuration.path, ["-s", one.controlSocket])
        #expect(document.codes == ["D51"], "\(document.report)")
        #expect(
          document["D51"]?.findings.first?.fix?.commands
            == ["kill \(other.process.processIdentifier)"])
      }
    }
    try await lab.cleanUp()
  }
}
