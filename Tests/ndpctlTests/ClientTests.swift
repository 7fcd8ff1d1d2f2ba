import ControlProtocol
import Glibc
import JSONDecoding
import JSONText
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Requests that are no good, and clients that mean ill.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ClientTests {
  /// Runs a body with a daemon, and looks whether it still answers after it.
  private func withDaemon(
    arguments: [String] = [], _ body: (Daemon, FoundingNetwork) async throws -> Void
  ) async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(
      ndpproxy, configuration: configuration("static"), arguments: arguments
    ) { daemon in
      try await body(daemon, network)
      let report = try await network.router.ping(FoundingNetwork.memberAddress(0))
      #expect(report.received > 0)
      let status = try await network.gateway.ndpctl("status", of: daemon)
      #expect(status.standardOutput.hasPrefix("answering on eth0"))
      #expect(daemon.process.status == nil)
    }
  }

  /// Sends octets and returns the replies that come until the daemon is done, or is silent.
  private func exchange(
    _ octets: [UInt8], with daemon: Daemon
  ) async throws -> (lines: [String], isClosed: Bool) {
    let connection = try StreamConnection(connectingTo: daemon.controlSocket)
    var rest = octets[...]
    var received: [UInt8] = []
    var isClosed = false
    var idle = 0
    while !isClosed, idle < 40 {
      do {
        if !rest.isEmpty { rest = rest.dropFirst(try connection.send(rest)) }
        if let more = try connection.receive(limit: 1 << 16) {
          isClosed = more.isEmpty
          received += more
          continue
        }
      } catch {
        isClosed = true
      }
      idle += 1
      try await Task.sleep(for: .milliseconds(5))
    }
    let lines = String(decoding: received, as: UTF8.self).split(separator: "\n").map(String.init)
    return (lines, isClosed)
  }

  static let bad: [(String, String, String)] = [
    ("garbage", "\u{1}\u{2}garbage\n", "malformed"),
    ("an empty line", "\n", "malformed"),
    ("another version", #"{"version":2,"command":{"status":{}}}"# + "\n", "malformed"),
    ("an unknown command", #"{"version":1,"command":{"fly":{}}}"# + "\n", "malformed"),
    ("too deep", String(repeating: "[", count: 4000) + "\n", "malformed"),
    ("too long", String(repeating: "x", count: 5000), "oversized"),
    ("endless", String(repeating: "{\"a\":", count: 20_000), "oversized"),
  ]

  @Test func `what is no request gets an error, and the connection ends`() async throws {
    try await withDaemon { daemon, _ in
      for (name, text, code) in Self.bad {
        let (lines, isClosed) = try await exchange(Array(text.utf8), with: daemon)
        #expect(isClosed, "\(name)")
        #expect(lines.count == 1, "\(name): \(lines)")
        guard
          case .error(let failure)? = try? JSONText.value(
            Reply.self, from: (lines.first ?? "").utf8)
        else {
          Issue.record("\(name): \(lines)")
          continue
        }
        #expect(failure.code.rawValue == code, "\(name)")
      }
    }
  }

  @Test func `requests may come in pieces, or many at once`() async throws {
    try await withDaemon { daemon, _ in
      let request = Array(#"{"version":1,"command":{"counters":{}}}"#.utf8) + [10]
      let many = (0..<20).flatMap { _ in request }
      let (lines, isClosed) = try await exchange(many, with: daemon)
      #expect(lines.count == 20)
      #expect(!isClosed)
      let connection = try StreamConnection(connectingTo: daemon.controlSocket)
      for octet in request {
        _ = try connection.send([octet])
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(try connection.waitUntil(readable: true, milliseconds: 5000))
    }
  }

  @Test func `too many clients: who was silent the longest goes`() async throws {
    try await withDaemon { daemon, _ in
      let clients = try (0..<50).map { _ in
        try StreamConnection(connectingTo: daemon.controlSocket)
      }
      let isDisplaced: Bool? = try await poll(within: .seconds(10)) {
        let first = try clients[0].receive(limit: 4096)
        return first.map { String(decoding: $0, as: UTF8.self).contains("displaced") }
      }
      #expect(isDisplaced == true)
      // Held until here.
      _ = clients.count
    }
  }

  @Test func `who is thrown out has to wait before it is let in again and again`() async throws {
    try await withDaemon { daemon, _ in
      let end = BootClock.nanoseconds + 1_000_000_000
      var count = 0
      while BootClock.nanoseconds < end {
        let connection = try StreamConnection(connectingTo: daemon.controlSocket)
        _ = try connection.send([10])
        #expect(try connection.waitUntil(readable: true, milliseconds: 5000))
        count += 1
      }
      // A window has begun before, and one ends later.
      let limit = 12 * ControlSocket.admissionLimit
      #expect(1...limit ~= count, "\(count) were let in")
    }
  }

  @Test func `where no more files may be open, who waits is let in later`() async throws {
    // The limits of another user's process are not everybody's to change.
    try await withDaemon(arguments: ["-u", "root"]) { daemon, network in
      let process = daemon.process.processIdentifier
      func limitFiles(to limit: Int) async throws {
        try await network.gateway.run("prlimit", "--pid", "\(process)", "--nofile=\(limit):")
      }
      // Standard streams have the first three numbers.
      try await limitFiles(to: 3)
      let connection = try StreamConnection(connectingTo: daemon.controlSocket)
      _ = try connection.send(Array(#"{"version":1,"command":{"counters":{}}}"#.utf8)[...] + [10])
      let complaint = try await daemon.process.line(containing: "control socket: ")
      #expect(complaint?.contains("Too many open files") == true)
      let before = try cpuTicks(of: process)
      #expect(try !connection.waitUntil(readable: true, milliseconds: 1500))
      #expect(try cpuTicks(of: process) - before < 10)
      try await limitFiles(to: 64)
      #expect(try connection.waitUntil(readable: true, milliseconds: 5000))
    }
  }

  @Test func `an octet out of band is one of a request`() async throws {
    try await withDaemon { daemon, _ in
      let connection = try StreamConnection(connectingTo: daemon.controlSocket)
      var octet = UInt8(ascii: "x")
      let sent = unsafe send(
        connection.pollDescriptor, &octet, 1, CInt(MSG_OOB))
      try #require(sent == 1)
      try await Task.sleep(for: .milliseconds(100))
      let before = try cpuTicks(of: daemon.process.processIdentifier)
      try await Task.sleep(for: .milliseconds(500))
      #expect(try cpuTicks(of: daemon.process.processIdentifier) - before < 10)
      _ = try connection.send([10])
      #expect(try connection.waitUntil(readable: true, milliseconds: 5000))
      let reply = try connection.receive(limit: 4096)
      #expect(reply.map { String(decoding: $0, as: UTF8.self).contains("malformed") } == true)
    }
  }

  @Test func `a client that never reads is asked nothing more`() async throws {
    try await withDaemon { daemon, network in
      let connection = try StreamConnection(connectingTo: daemon.controlSocket)
      let request = Array(#"{"version":1,"command":{"counters":{}}}"#.utf8) + [10]
      // Until the daemon takes no more.
      var refusals = 0
      while refusals < 50 {
        refusals += try connection.send(request[...]) == 0 ? 1 : 0
        try await Task.sleep(for: .microseconds(100))
      }
      let status = try RegularFile(
        "/proc/\(daemon.process.processIdentifier)/stat", limit: 4096)
      #expect(!status.octets.isEmpty)
      // It must not spin over what it does not take.
      let before = try cpuTicks(of: daemon.process.processIdentifier)
      try await Task.sleep(for: .milliseconds(500))
      #expect(try cpuTicks(of: daemon.process.processIdentifier) - before < 10)
    }
  }

  @Test func `others may look but not touch`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      // The socket is for root and its group; a member of that is nobody in particular.
      #expect(chmod(daemon.controlSocket, 0o666) == 0)
      let asNobody = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
      func ask(_ arguments: [String]) async throws -> CommandResult {
        try await network.gateway.result(
          of: asNobody + [ndpctl, "--socket", daemon.controlSocket] + arguments)
      }
      for arguments in [["status"], ["counters"], ["rules"], ["sessions"], ["config"]] {
        let result = try await ask(arguments)
        #expect(result.status == .exited(0), "\(arguments): \(result.standardError)")
      }
      for arguments in [
        ["reload"], ["flush", "::/0"], ["log", "debug"], ["reload", "--check"],
        ["rule", "disable", "\(FoundingNetwork.insidePrefix)"],
      ] {
        let result = try await ask(arguments)
        #expect(result.status == .exited(77), "\(arguments): \(result.standardError)")
        #expect(result.standardError.contains("only root may do that"))
      }
      #expect(chmod(daemon.controlSocket, 0o660) == 0)
      let refused = try await ask(["status"])
      #expect(refused.status == .exited(77))
      #expect(refused.standardError.contains("group ndpproxy"))
    }
  }

  /// The processor time a process has used, in hundredths of a second.
  private func cpuTicks(of process: Int32) throws -> Int {
    let octets = try RegularFile("/proc/\(process)/stat", limit: 4096).octets
    let fields = String(decoding: octets, as: UTF8.self).split(separator: " ")
    return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
  }
}
