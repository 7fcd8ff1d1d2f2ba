import ControlProtocol
import HostDoctor
import JSONDecoding
import JSONText
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import PlainText
import Testing

/// Names and texts that others have given, on their way to a terminal, a log and a file.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct HostileNameTests {
  /// Interfaces may be called so: escape sequences in both forms, and one that turns the direction.
  static let names = [
    "zt\u{1b}]0;own\u{7}\u{9b}5m", "zt\u{202e}\u{2066}x\u{200b}", "zt'\u{301}`id`",
  ]

  /// Says what in a text could command a terminal.
  private func check(_ text: String, _ what: String) {
    let harmful = text.unicodeScalars.filter { !$0.isPrintable && $0 != "\n" && $0 != "\t" }
    #expect(harmful.isEmpty, "\(what): \(harmful.map { String($0.value, radix: 16) })")
  }

  private func check(_ result: CommandResult, _ what: String) {
    check(result.standardOutput, what)
    check(result.standardError, what)
  }

  /// Adds interfaces with such names to the gateway.
  private func addInterfaces(_ network: FoundingNetwork) async throws {
    for (place, name) in Self.names.enumerated() {
      try await network.gateway.run(
        "ip", "link", "add", "name", name, "type", "veth", "peer", "name", "peer\(place)")
      try await network.gateway.run("ip", "link", "set", "dev", name, "up")
      try await network.gateway.run("ip", "link", "set", "dev", "peer\(place)", "up")
      try await network.gateway.run(
        "ip", "-6", "addr", "add", "2001:db8:1:0:a\(place)::1/80", "dev", name)
    }
  }

  static let commands = [
    ["status"], ["rules"], ["sessions"], ["counters", "--all"], ["metrics"],
    ["metrics", "--rules"],
    ["why", "2001:db8:1:0:ff::10"], ["config"], ["reload"], ["flush", "::/0"], ["log", "debug"],
    ["top", "--count", "1"], ["doctor"], ["doctor", "--fix", "--yes"],
    ["init", "--upstream", "eth0"], ["init", "--upstream", names[0]],
    ["init", "--upstream", "\u{1b}[31m"], ["probe", "2001:db8::1", "-i", "\u{9b}31m"],
    ["doctor", "--only", "\u{1b}[31m"], ["flush", "\u{1b}[31m"], ["\u{1b}[31m"],
    ["why", "\u{202e}"], ["doctor", "-c", "/\u{1b}[31m\u{9b}"],
    ["status", "-s", "/\u{1b}[31m\u{9b}"],
    ["why", "-c", "/\u{1b}[31m\u{9b}\n", "::1"], ["monitor", "-w", "/\u{1b}[31m/x"],
    ["demo", "--daemon", "/\u{1b}[31m"],
  ]

  @Test func `whatever interfaces are called, nothing commands a terminal`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await addInterfaces(network)
    let text = "proxy eth0 {\n  rule \(FoundingNetwork.insidePrefix) {\n    iface zt*\n  }\n}\n"
    try await network.gateway.withDaemon(ndpproxy, configuration: text, arguments: ["-vv"]) {
      daemon in
      try await network.gateway.run("ip", "link", "set", "dev", Self.names[0], "down")
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      let path = daemon.configuration.path
      for command in Self.commands {
        let isOffline = ["init", "probe", "demo"].contains(command[0])
        let doctor = command[0] == "doctor" && !command.contains("-c") ? ["-c", path] : []
        let result = try await network.gateway.ndpctl(command + doctor, of: daemon)
        check(result, "\(command)")
        guard !isOffline, command[0] != "metrics", !command.contains("--fix") else { continue }
        let json = try await network.gateway.ndpctl(command + doctor + ["--json"], of: daemon)
        check(json, "\(command) --json")
        guard json.standardOutput.hasPrefix("{") else { continue }
        let parsed = try await network.gateway.result(
          of: ["/usr/bin/python3", "-m", "json.tool"], input: json.standardOutput)
        #expect(parsed.status == .exited(0), "\(command): \(parsed.standardError)")
      }
      for name in Self.names {
        try await network.gateway.run("ip", "link", "set", "dev", name, "down")
        try await network.gateway.run("ip", "link", "set", "dev", name, "up")
        try await network.gateway.run("ip", "link", "del", "dev", name)
      }
      // Of an interface's master the daemon says the name.
      try await network.gateway.run("ip", "link", "add", "name", Self.names[0], "type", "bridge")
      try await network.gateway.run("ip", "link", "set", "dev", "eth0", "master", Self.names[0])
      let line = try await daemon.process.line(containing: "\\x1b]0;own")
      #expect(line?.contains("zt\\x1b]0;own\\x07\\xc2\\x9b5m") == true)
      check(daemon.process.lines.joined(separator: "\n"), "the log")
      for arguments in [["-t", "-c", path], ["-tv", "-c", path], ["-t", "-c", "/\u{1b}[31m"]] {
        check(try await network.gateway.result(of: [ndpproxy] + arguments), "\(arguments)")
      }
    }
  }

  @Test func `init writes a file without any of it`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await addInterfaces(network)
    let path = "/tmp/ndpproxy-init-\(UInt64.random(in: 0 ... .max))"
    defer { RegularFile.remove(path) }
    try await network.gateway.run(ndpctl, "init", "--upstream", "eth0", "-o", path)
    let text = String(decoding: try RegularFile(path, limit: 1 << 16).octets, as: UTF8.self)
    check(text, "the file")
    #expect(text.contains("zt\\x1b]0;own\\x07\\xc2\\x9b5m"))
    let tested = try await network.gateway.result(of: [ndpproxy, "-t", "-o", "-c", path])
    #expect(tested.status == .exited(0), "\(tested.standardError)")
  }

  @Test func `a daemon's every string is shown as what it is`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("iface zt0")) {
      daemon in
      try await network.gateway.run("ip", "link", "set", "eth0", "down")
      try await network.gateway.run("ip", "link", "set", "eth0", "up")
      _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
      let commands = [
        ["status"], ["rules"], ["sessions"], ["counters"], ["config"], ["reload"],
        ["why", "\(FoundingNetwork.memberAddress(0))"], ["flush", "2001:db8::/128"],
        ["log", "notice"],
      ]
      for command in commands {
        for form in [[], ["--json"]] {
          var count = 0
          try await HostileDaemon.run(["strings", daemon.controlSocket], on: network.gateway) {
            path in
            while true {
              let result = try await network.gateway.result(
                of: [ndpctl] + command + form + ["--socket", path])
              check(result, "\(command) \(form) string \(count)")
              if result.standardError.contains("has closed the connection") { break }
              count += 1
              try #require(count < 200)
            }
          }
          // The last was like the daemon's own.
          #expect(count >= 1, "\(command)")
        }
      }
    }
  }

  @Test func `a message of a monitor is shown as what it is`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      for form in [[], ["--json"]] {
        try await HostileDaemon.run(["strings", daemon.controlSocket], on: network.gateway) {
          path in
          for _ in 0..<8 {
            let command = [ndpctl, "monitor", "--count", "1", "--socket", path] + form
            try await network.gateway.withProcess(command) { process in
              _ = try await process.line(containing: "watching")
              try await network.router.run("ip", "-6", "neigh", "flush", "dev", "up0")
              _ = try await network.router.ping(FoundingNetwork.memberAddress(0))
              _ = try await process.exitStatus(within: .seconds(5))
              check(process.lines.joined(separator: "\n"), "monitor \(form)")
            }
          }
        }
      }
    }
  }

  @Test func `a name that is no UTF-8 gets no command`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let script = """
      n=$(printf 'zt\\377\\233'); ip link add name "$n" type veth peer name b
      ip link set dev "$n" up; echo 0 > "/proc/sys/net/ipv6/conf/$n/forwarding"
      """
    try await network.gateway.run("sh", "-s", input: script + "\n")
    let text = "proxy eth0 {\n  rule \(FoundingNetwork.insidePrefix) {\n    iface *\n  }\n}\n"
    let file = try TemporaryFile(containing: text)
    let doctor = [ndpctl, "doctor", "-c", file.path, "-s", "off", "--only", "D02"]
    let json = try await network.gateway.result(of: doctor + ["--json"])
    let document = try JSONText.value(DoctorDocument.self, from: json.standardOutput.utf8)
    let fixes = document.checks.flatMap(\.findings).compactMap(\.fix)
    #expect(fixes.contains { $0.commands.isEmpty && $0.obstacle?.contains("rename it") == true })
    #expect(!json.standardOutput.contains("conf/zt"))
    let fixed = try await network.gateway.result(of: doctor + ["--fix", "--yes"])
    #expect(fixed.standardOutput.contains("no command can be given"))
    check(fixed, "doctor --fix")
  }

  @Test func `no name of an interface runs a command`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let name = "'\u{301};>pwn;'\u{301}"
    try await network.gateway.run(
      "ip", "link", "add", "name", name, "type", "veth", "peer", "name", "peer")
    try await network.gateway.run("ip", "link", "set", "dev", name, "up")
    try await network.gateway.run("ip", "link", "set", "dev", "peer", "up")
    let variable = "/proc/sys/net/ipv6/conf/\(name)/forwarding"
    let other = "/proc/sys/net/ipv6/conf/eth0/forwarding"
    let root = "/tmp/ndpproxy-fix-\(UInt64.random(in: 0 ... .max))"
    try await network.gateway.run("mkdir", root)
    let text = "proxy eth0 {\n  rule \(FoundingNetwork.insidePrefix) {\n    iface *\n  }\n}\n"
    let file = try TemporaryFile(containing: text)
    for isPasted in [false, true] {
      try await network.gateway.run("tee", variable, input: "0\n")
      let before = try await network.gateway.run("cat", other)
      let doctor = [
        "env", "-C", root, ndpctl, "doctor", "-c", file.path, "-s", "off", "--only", "D02",
      ]
      if isPasted {
        let json = try await network.gateway.result(of: doctor + ["--json"])
        let document = try JSONText.value(DoctorDocument.self, from: json.standardOutput.utf8)
        let commands = document.checks.flatMap(\.findings).flatMap { $0.fix?.commands ?? [] }
        #expect(commands.contains { $0.contains("/forwarding") }, "\(commands)")
        for command in commands {
          try await network.gateway.run("sh", "-c", "cd \(root); \(command)")
        }
      } else {
        _ = try await network.gateway.result(of: doctor + ["--fix", "--yes"])
      }
      #expect(try await network.gateway.run("cat", variable) == "1\n")
      #expect(try await network.gateway.run("cat", other) == before)
      #expect(try await network.gateway.run("ls", "-A", root) == "")
    }
    try await network.gateway.run("rmdir", root)
  }
}
