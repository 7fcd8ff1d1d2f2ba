import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import SystemPackage
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct BackgroundTests {
  @Test func `the founding guide's file works as it is, with -d and -p`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      try await network.renumber(to: IPv6Prefix("2001:19f0:6001:1a6:ff::/80")!)
      let file = try AnonymousFile(containing: foundingConfiguration)
      let pidFile = directory + "/ndpproxy.pid"
      // Whoever it becomes may remove the file here.
      try await network.gateway.run("chmod", "777", directory)
      let started = try await network.gateway.result(
        of: [ndpproxy, "-d", "-p", pidFile, "-c", file.path])
      #expect(started.status == .exited(0), "\(started.standardError)")
      // The parent has returned, so the file is there and the daemon answers.
      let number = try #require(Int32(try contents(pidFile).dropLast()))
      // Whoever may read it might lock it.
      let mode = try await network.gateway.run("stat", "-c", "%a", pidFile)
      #expect(mode == "600\n")
      let report = try await network.router.ping(IPv6Address("2001:19f0:6001:1a6:ff::10")!)
      #expect(report.received == 1, "\(report.lines)")

      // Neither a second nor a third may start, and neither takes the first one's file away.
      let other = try AnonymousFile(containing: configuration("static", interface: "zt0"))
      for _ in 0..<2 {
        let again = try await network.gateway.result(
          of: [ndpproxy, "-d", "-p", pidFile, "-c", other.path])
        #expect(again.status == .exited(73))
        #expect(again.standardError.contains(pidFile))
        #expect(try contents(pidFile) == "\(number)\n")
      }

      try await network.gateway.run("kill", "\(number)")
      let isGone: Bool? = try await poll(within: .seconds(20)) {
        (try? contents(pidFile)) == nil ? true : nil
      }
      #expect(isGone == true, "the pid file is removed")
    }
  }

  @Test func `a pid file that may not be removed stays, out of the daemon's reach`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let pidFile = directory + "/pid"
      let command = [ndpproxy, "-d", "-p", pidFile, "-c", file.path]
      for _ in 0..<2 {
        // The second time, what the first one left is used again.
        let started = try await network.gateway.result(of: command)
        #expect(started.status == .exited(0), "\(started.standardError)")
        let number = String(try contents(pidFile).dropLast())
        let open = try await network.gateway.run("ls", "-l", "/proc/\(number)/fd")
        let lines = open.split(separator: "\n").filter { $0.contains(pidFile) }
        // A descriptor that cannot write: its owner may read, and that is all.
        #expect(lines.map { $0.prefix(4) } == ["lr-x"], "\(open)")
        try await network.gateway.run("kill", number)
        let isGone: Bool? = try await poll(within: .seconds(20)) {
          RegularFile.exists("/proc/\(number)") ? nil : true
        }
        #expect(isGone == true)
        #expect(try contents(pidFile) == "\(number)\n")
      }
    }
  }

  /// What a mistaken letter puts behind `-p`.
  @Test(arguments: ["/etc/ndpproxy.conf's text\n", "4711 \n", "1\n2\n"])
  func `a file that is no pid file is left as it is`(text: String) async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let precious = directory + "/precious"
      try write(text, to: precious)
      let look = ["stat", "-c", "%i %s %a %u %Y %Z", precious]
      let before = try await network.gateway.result(of: look).standardOutput
      let refused = try await network.gateway.result(
        of: [ndpproxy, "-d", "-p", precious, "-c", file.path])
      #expect(refused.status == .exited(73))
      #expect(refused.standardError.contains("pid file \(precious): this is no pid file"))
      #expect(refused.standardError.contains("name another file"))
      #expect(try contents(precious) == text)
      let after = try await network.gateway.result(of: look).standardOutput
      #expect(after == before && !after.isEmpty)
    }
  }

  @Test func `what is no regular file is no pid file and is left alone`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let pipe = directory + "/pipe"
      try await network.gateway.run("mkfifo", pipe)
      let refused = try await network.gateway.result(of: [ndpproxy, "-p", pipe, "-c", file.path])
      #expect(refused.status == .exited(73))
      #expect(refused.standardError.contains("this is a pipe"))
      try await network.gateway.run("test", "-p", pipe)
    }
  }

  @Test(arguments: ["<&- >&-", "<&- >&- 2>&-", "2>&-"])
  func `closed streams do not matter`(closing: String) async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let pidFile = directory + "/pid"
      let command = "\(ndpproxy) -d -p \(pidFile) -c \(file.path) \(closing)"
      let started = try await network.gateway.result(of: ["sh", "-c", command])
      #expect(started.status == .exited(0), "\(started.standardError)")
      let report = try await network.router.ping(
        FoundingNetwork.memberAddress(0), within: .seconds(3))
      #expect(report.received == 1)
      try await network.gateway.run("kill", String(try contents(pidFile).dropLast()))
    }
  }

  @Test func `the parent exits as the child does`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try AnonymousFile(containing: configuration("static"))
      let noPlace = try await network.gateway.result(
        of: [ndpproxy, "-d", "-p", directory + "/missing/pid", "-c", file.path])
      #expect(noPlace.status == .exited(73))
      #expect(noPlace.standardError.contains("/missing/pid"))
      let noPrivilege = try await network.gateway.result(
        of: ["setpriv", "--bounding-set=-net_raw", ndpproxy, "-d", "-c", file.path])
      #expect(noPrivilege.status == .exited(77))
      #expect(noPrivilege.standardError.contains("CAP_NET_RAW"))
    }
  }
}

private func contents(_ path: String) throws -> String {
  let file = try FileDescriptor.open(FilePath(path), .readOnly)
  defer { try? file.close() }
  var buffer = [UInt8](repeating: 0, count: 64)
  let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
  return String(decoding: buffer[..<count], as: UTF8.self)
}

extension FoundingNetwork {
  /// Gives the members' side another prefix, and the router's side the /64 around it.
  fileprivate func renumber(to prefix: IPv6Prefix) async throws {
    func host(_ number: UInt128, _ length: Int) -> String {
      let network = IPv6Prefix(prefix.address, length: length).address.bits
      return "\(IPv6Address(bits: network | number))/\(length)"
    }
    try await router.run("ip", "address", "add", host(1, 64), "dev", "up0")
    try await gateway.run("ip", "address", "add", host(2, 64), "dev", "eth0")
    try await gateway.run("ip", "address", "add", host(1, 80), "dev", "zt0")
    try await member.run("ip", "address", "add", host(0x10, 80), "dev", "zt0")
  }
}
