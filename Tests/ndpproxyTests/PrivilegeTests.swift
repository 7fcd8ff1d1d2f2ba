import LinuxNet
import NDPWire
import NetworkLab
import SystemPackage
import Testing

/// What the daemon may do once it is ready.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(1)))
struct PrivilegeTests {
  /// The lines of `/proc/PID/status` as a dictionary.
  private func status(of process: Int32) throws -> [String: String] {
    let octets = try RegularFile("/proc/\(process)/status", limit: 1 << 16).octets
    let lines = String(decoding: octets, as: UTF8.self).split(separator: "\n")
    return Dictionary(
      lines.compactMap { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1].drop { $0 == "\t" })) : nil
      }, uniquingKeysWith: { first, _ in first })
  }

  private static let netRaw = "0000000000002000"
  private static let none = "0000000000000000"

  @Test func `root becomes nobody, with CAP_NET_RAW alone and for good`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      let status = try status(of: daemon.process.processIdentifier)
      // In a user namespace there may be nobody else to become.
      if !daemon.process.lines.contains(where: { $0.contains("staying root") }) {
        #expect(status["Uid"]?.hasPrefix("0\t") == false)
        #expect(status["Gid"]?.hasPrefix("0\t") == false)
        #expect(status["Groups"]?.allSatisfy { $0 == " " } == true)
      }
      #expect(status["CapEff"] == Self.netRaw)
      #expect(status["CapPrm"] == Self.netRaw)
      #expect(status["CapBnd"] == Self.netRaw)
      #expect(status["CapInh"] == Self.none)
      #expect(status["CapAmb"] == Self.none)
      #expect(status["NoNewPrivs"] == "1")
      // What it needs for interfaces to come it still has.
      try await network.gateway.run("ip", "link", "set", "zt0", "down")
      try await network.gateway.run("ip", "link", "set", "zt0", "up")
      // Going down has taken its global address away.
      try await network.gateway.run(
        "ip", "-6", "address", "add", "\(FoundingNetwork.insideGatewayAddress)/80", "dev", "zt0")
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 10)
      #expect(report.received > 0)
    }
  }

  @Test func `root may stay root, without its rights`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static"), arguments: ["-u", "root"]
    ) { daemon in
      let status = try status(of: daemon.process.processIdentifier)
      #expect(status["CapEff"] == Self.netRaw)
      #expect(status["CapBnd"] == Self.netRaw)
    }
  }

  @Test func `a user that does not exist is told`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    let result = try await network.gateway.result(
      of: [ndpproxy, "-u", "no-such-user", "-c", file.path])
    #expect(result.status == .exited(67))
    #expect(result.standardError.contains("there is no user no-such-user"))
  }

  @Test func `users are read from their file`() throws {
    let file = try TemporaryFile(
      containing: "root:x:0:0:root:/root:/bin/sh\n#x\nbad\nndpproxy:x:999:998::/:/bin/false\n")
    let user = Privileges.User(named: "ndpproxy", in: file.path)
    #expect(user?.identifier == 999 && user?.group == 998)
    #expect(Privileges.User(named: "bad", in: file.path) == nil)
    #expect(Privileges.User(named: "nobody", in: file.path) == nil)
    #expect(Privileges.User(named: "ndpproxy", in: "/nowhere") == nil)
  }
}
