import Glibc
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What a service manager gets to hear.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ServiceManagerTests {
  @Test(arguments: [true, false])
  func `readiness, state, reloads and signs of life are told`(isAbstract: Bool) async throws {
    let name = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max))"
    let network = try await FoundingNetwork(members: 1)
    let manager = try network.gateway.namespace.run {
      try Manager(isAbstract ? "@\(name.dropFirst())" : name)
    }
    let file = try TemporaryFile(containing: configuration("static"))
    let command = [
      "env", "NOTIFY_SOCKET=\(manager.name)", "WATCHDOG_USEC=400000", ndpproxy, "-c", file.path,
    ]
    try await network.gateway.withProcess(command) { process in
      try await manager.expect("READY=1\nSTATUS=answering on eth0")
      try await manager.expect("WATCHDOG=1")
      try file.replaceContents(with: configuration("static", interface: "eth7"))
      process.send(.terminalClosed)
      try await manager.expect("RELOADING=1\nMONOTONIC_USEC=")
      try await manager.expect("READY=1\nSTATUS=waiting for eth7")
      process.send(.terminate)
      try await manager.expect("STOPPING=1")
    }
  }

  /// What a host is like that was suspended for a day: only one of its clocks went on.
  @Test(.enabled(if: Host.exists("/proc/self/ns/time")))
  func `after a suspension the timers go on, and the manager's clock is its own`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let manager = try network.gateway.namespace.run {
      try Manager("@ndpproxy-test-\(UInt64.random(in: 0 ... .max))")
    }
    let file = try TemporaryFile(containing: configuration("static"))
    let command = [
      "unshare", "--time", "--boottime", "86400", "--fork", "env",
      "NOTIFY_SOCKET=\(manager.name)", "WATCHDOG_USEC=400000", ndpproxy, "-c", file.path,
    ]
    try await network.gateway.withProcess(command) { process in
      try await manager.expect("READY=1")
      try await manager.expect("WATCHDOG=1")
      let parent = process.processIdentifier
      let children = try RegularFile("/proc/\(parent)/task/\(parent)/children", limit: 64).octets
      let child = try #require(
        Int32(String(decoding: children, as: UTF8.self).prefix { $0 != " " }))
      // It is another user by now, and so the kernel does not end it with its parent.
      defer { kill(child, SIGTERM) }
      #expect(try timerClocks(of: child) == ["7"], "CLOCK_BOOTTIME")
      kill(child, SIGHUP)
      let time = try await manager.expect("RELOADING=1\nMONOTONIC_USEC=")
      let assignment = try #require(
        time.split(separator: "\n").first { $0.hasPrefix("MONOTONIC_USEC=") })
      let microseconds = try #require(Int(assignment.drop { !$0.isNumber }))
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      #expect((now.tv_sec - 20...now.tv_sec).contains(microseconds / 1_000_000))
    }
  }

  /// The clocks by which a process's timer descriptors go.
  private func timerClocks(of process: Int32) throws -> [String] {
    try (0..<64).flatMap { number in
      let path = "/proc/\(process)/fdinfo/\(number)"
      guard Host.exists(path) else { return [String]() }
      let text = String(decoding: try RegularFile(path, limit: 4096).octets, as: UTF8.self)
      let lines = text.split(separator: "\n").filter { $0.hasPrefix("clockid:") }
      return lines.map { $0.drop { !$0.isNumber } }.map(String.init)
    }
  }

  @Test func `a manager that is not there does not matter`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    for name in ["/nowhere/socket", "@nobody", "nonsense", ""] {
      try await network.gateway.withProcess(
        ["env", "NOTIFY_SOCKET=\(name)", ndpproxy, "-c", file.path]
      ) { process in
        let line = try await process.line(containing: "ready")
        #expect(line != nil, "\(name)")
      }
    }
  }
}

/// The socket of a service manager that listens.
private final class Manager: @unchecked Sendable {
  let name: String
  private let descriptor: CInt

  init(_ name: String) throws {
    self.name = name
    descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    var octets = Array(name.utf8)
    if octets[0] == UInt8(ascii: "@") { octets[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = UInt16(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: octets) }
    let length = socklen_t(2 + octets.count)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length)
      }
    }
    #expect(status == 0)
    // Whoever gave up its rights must reach it, too.
    if octets[0] != 0 { chmod(name, 0o777) }
  }

  deinit {
    close(descriptor)
    if name.hasPrefix("/") { unlink(name) }
  }

  /// Waits for a message that begins so and returns it; others that come before are passed over.
  @discardableResult
  func expect(_ beginning: String) async throws -> String {
    var seen: [String] = []
    let found: String? = try await poll(within: .seconds(20)) {
      var buffer = [UInt8](repeating: 0, count: 1024)
      while case let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT)),
        count > 0
      {
        let message = String(decoding: buffer[..<count], as: UTF8.self)
        seen.append(message)
        if message.hasPrefix(beginning) { return message }
      }
      return nil
    }
    return try #require(found, "\(beginning) in \(seen)")
  }
}
