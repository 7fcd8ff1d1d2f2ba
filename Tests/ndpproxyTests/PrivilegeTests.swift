import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import SystemPackage
import Testing

/// What the daemon may do once it is ready.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
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

  private static let none = "0000000000000000"
  /// CAP_NET_RAW alone.
  private static let netRaw = "0000000000002000"
  /// The same with CAP_NET_ADMIN and CAP_BPF.
  private static let kernelPath = "0000008000003000"

  /// Each way of finding targets.
  @Test(arguments: ["static", "iface zt0", "iface zt*", "auto"])
  func `root becomes somebody without rights, for good`(method: String) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: "kernel-path no\n" + configuration(method), readyAt: "ready: "
    ) { daemon in
      // System calls are limited last, once the log has said so.
      let limited: [String: String]? = try await poll(within: .seconds(10)) {
        let now = try self.status(of: daemon.process.processIdentifier)
        return now["Seccomp"] == "2" ? now : nil
      }
      let status = try #require(limited, "\(daemon.process.lines)")
      // In a user namespace there may be nobody else to become.
      if !daemon.process.lines.contains(where: { $0.contains("staying root") }) {
        #expect(status["Uid"]?.hasPrefix("0\t") == false)
        #expect(status["Gid"]?.hasPrefix("0\t") == false)
        #expect(status["Groups"]?.allSatisfy { $0 == " " } == true)
      }
      for set in ["CapEff", "CapPrm", "CapBnd"] { #expect(status[set] == Self.netRaw, "\(set)") }
      #expect(status["CapInh"] == Self.none)
      #expect(status["CapAmb"] == Self.none)
      #expect(status["NoNewPrivs"] == "1")
      for name in ["eth0", "zt0"] { try await replace(name, of: network) }
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 20)
      #expect(report.received > 0, "\(daemon.process.lines)")
      #expect(daemon.process.status == nil)
    }
  }

  /// Deletes an interface of the gateway and puts another in its place.
  private func replace(_ name: String, of network: FoundingNetwork) async throws {
    let isUpstream = name == "eth0"
    let (peer, end) = isUpstream ? (network.router, "up0") : (network.member, "zt0")
    let address = isUpstream ? FoundingNetwork.gatewayAddress : FoundingNetwork.insideGatewayAddress
    let peerAddress =
      isUpstream ? FoundingNetwork.routerAddress(0) : FoundingNetwork.memberAddress(0)
    let length = isUpstream ? 64 : 80
    try await peer.run("ip", "link", "delete", end)
    try await network.gateway.run("ip", "link", "delete", name)
    try await network.gateway.run(
      "ip", "link", "add", name, "type", "veth", "peer", "name", end, "netns",
      peer.namespace.path)
    for (node, interface, address) in [
      (network.gateway, name, address), (peer, end, peerAddress),
    ] {
      try await node.run("ip", "link", "set", interface, "up")
      try await node.run("ip", "address", "add", "\(address)/\(length)", "dev", interface)
    }
    if !isUpstream {
      try await peer.run(
        "ip", "-6", "route", "add", "default", "via", "\(FoundingNetwork.insideGatewayAddress)")
    }
  }

  @Test func `interfaces that a reload adds are served, however many`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let count = 30
    for index in 0..<count {
      try await network.gateway.run(
        "ip", "link", "add", "x\(index)", "type", "veth", "peer", "name", "y\(index)")
      try await network.gateway.run("ip", "link", "set", "x\(index)", "up")
      try await network.gateway.run("ip", "link", "set", "y\(index)", "up")
    }
    let others = (0..<count).map { configuration("static", interface: "x\($0)") }
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      try daemon.configuration.replaceContents(
        with: ([configuration("static")] + others).joined(separator: "\n"))
      daemon.process.send(.terminalClosed)
      let line = try await daemon.process.line(containing: "reloaded: answering on eth0, x0")
      #expect(line?.hasSuffix(" and 15 more") == true, "\(daemon.process.lines)")
      #expect(!daemon.process.lines.contains { $0.hasPrefix("error: ") })
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 10)
      #expect(report.received > 0)
    }
  }

  @Test func `what a service manager lent is kept only as far as it is needed`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    let command = [
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
      "--inh-caps=-all,+net_raw,+chown",
      "--ambient-caps=-all,+net_raw,+chown", "--bounding-set=-all,+net_raw,+chown", ndpproxy, "-c",
      file.path,
    ]
    try await network.gateway.withProcess(command) { process in
      let line = try await process.line(containing: "ready")
      #expect(line != nil, "\(process.lines)")
      let status = try status(of: process.processIdentifier)
      for set in ["CapEff", "CapPrm"] { #expect(status[set] == Self.netRaw, "\(set)") }
      for set in ["CapInh", "CapAmb"] { #expect(status[set] == Self.none, "\(set)") }
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0), count: 5)
      #expect(report.received > 0, "\(process.lines)")
    }
  }

  @Test func `root may stay root, without its rights`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static"), arguments: ["-u", "root"],
      readyAt: "ready: "
    ) { daemon in
      let status = try status(of: daemon.process.processIdentifier)
      // The kernel path is in use by default, where it can be.
      #expect(status["CapEff"] == Self.kernelPath)
      #expect(status["CapBnd"] == Self.kernelPath)
    }
  }

  @Test func `nothing of whoever started it stays`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    let command = """
      exec 9</etc/passwd 8>/dev/null; SECRET=leaks WATCHDOG_USEC=1 exec \(ndpproxy) -c \(file.path)
      """
    try await network.gateway.withProcess(["sh", "-c", command]) { process in
      let line = try await process.line(containing: "ready")
      #expect(line != nil, "\(process.lines)")
      let directory = "/proc/\(process.processIdentifier)"
      let environment = try RegularFile("\(directory)/environ", limit: 1 << 20).octets
      #expect(!String(decoding: environment, as: UTF8.self).contains("SECRET"))
      let files = try await network.gateway.run("ls", "-l", "\(directory)/fd")
      #expect(!files.contains("/etc/passwd"))
      let nulls = files.split(separator: "\n").filter { $0.hasSuffix("/dev/null") }
      #expect(nulls.allSatisfy { $0.contains(" 0 -> ") }, "\(files)")
      // Whoever else runs as nobody has no say.
      let users = try status(of: process.processIdentifier)["Uid"] ?? ""
      #expect(!users.contains("65534"))
    }
  }

  @Test(.enabled(if: Privileges.isSuperuser))
  func `what is nobody's belongs to root`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    // In a /run of its own.
    let script = """
      mount -t tmpfs -o mode=755 none /run || exit 1
      unset NDPPROXY_SOCKET
      for user in nobody daemon; do
        "$0" -c "$1" -u $user 2>/run/log & pid=$!
        for try in $(seq 200); do grep -q ready /run/log && break; sleep 0.05; done
        stat -c "%u %a" /run/ndpproxy
        kill $pid; wait $pid
        rm -rf /run/ndpproxy /run/log
      done
      """
    let result = try await network.gateway.result(
      of: ["unshare", "--mount", "sh", "-c", script, ndpproxy, file.path])
    #expect(result.standardOutput == "0 755\n1 755\n", "\(result.standardError)")
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
