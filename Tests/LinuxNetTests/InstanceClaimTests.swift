import Glibc
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NetworkLab
import Testing

/// Who serves an interface, in namespaces of their own.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InstanceClaimTests {
  private let namespace: NetworkNamespace

  init() throws { namespace = try NetworkNamespace() }

  private func claim(
    _ interface: String, trusting trusted: Set<UInt32> = [], patience: Duration = .zero,
    in place: NetworkNamespace? = nil
  ) throws(InstanceClaim.Refusal) -> InstanceClaim {
    try (place ?? namespace).run { () throws(InstanceClaim.Refusal) in
      try InstanceClaim(interface: interface, trusting: trusted, patience: patience)
    }
  }

  @Test func `one process at a time holds a claim`() throws {
    var first: InstanceClaim? = try claim("eth0")
    #expect(first?.standing == .held && first?.isContested == false)
    for _ in 0..<3 {
      #expect(throws: InstanceClaim.Refusal.held(by: getpid())) { try claim("eth0") }
    }
    // Neither others' names, nor another namespace's.
    #expect(try claim("eth1").standing == .held)
    #expect(try claim("eth").standing == .held)
    #expect(try claim("eth00").standing == .held)
    #expect(try claim("eth0", in: NetworkNamespace()).standing == .held)
    first?.turnAway()
    #expect(throws: InstanceClaim.Refusal.held(by: getpid())) { try claim("eth0") }
    first = nil
    // A process that another test starts has a copy of the socket until it runs its program.
    #expect(try claim("eth0", patience: .seconds(20)).standing == .held)
  }

  @Test func `one that is about to end has a moment for it`() async throws {
    let command = [
      "/usr/bin/python3", "-c", Self.squatter, "eth0", "\(geteuid())", "5", "",
    ]
    try await Node(name: "ending", namespace: namespace).withProcess(command) { process in
      let line = try await process.line(containing: "there")
      try #require(line != nil, "\(process.lines)")
      let start = ContinuousClock.now
      #expect(throws: InstanceClaim.Refusal.held(by: process.processIdentifier)) {
        try claim("eth0", patience: .milliseconds(100))
      }
      #expect(ContinuousClock.now - start >= .milliseconds(100))
      process.send(.kill)
      #expect(try claim("eth0", patience: .seconds(20)).standing == .held)
    }
  }

  @Test func `long names can be claimed`() throws {
    let name = String(repeating: "x", count: 127)
    let first = try claim(name)
    #expect(first.standing == .held)
    #expect(throws: InstanceClaim.Refusal.held(by: getpid())) { try claim(name) }
    withExtendedLifetime(first) {}
  }

  /// A process of another user that binds the address, and listens there or does not.
  private static let squatter = """
    import os, socket, sys, time
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("\\0ndpproxy/interface/" + sys.argv[1])
    queue = int(sys.argv[3])
    if queue >= 0: listener.listen(queue)
    guests = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(queue + 1)]
    for guest in guests if sys.argv[4] == "full" else []:
        guest.connect("\\0ndpproxy/interface/" + sys.argv[1])
    print("there", flush=True)
    time.sleep(60)
    """

  private func withSquatter(
    user: UInt32, queue: Int = 5, filling: String = "", _ body: (RunningProcess) throws -> Void
  ) async throws {
    let node = Node(name: "squatted", namespace: namespace)
    let command = [
      "/usr/bin/python3", "-c", Self.squatter, "eth0", "\(user)", "\(queue)", filling,
    ]
    try await node.withProcess(command) { process in
      let line = try await process.line(containing: "there")
      try #require(line != nil, "\(process.lines)")
      try body(process)
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `a squatter is in the way, and keeps nobody from starting`() async throws {
    try await withSquatter(user: 12345) { process in
      let claim = try claim("eth0")
      #expect(claim.isContested)
      #expect(claim.standing == .contested(by: process.processIdentifier, user: 12345))
      #expect(try self.claim("eth1").standing == .held)
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `the daemon's own user and root are no squatters`() async throws {
    try await withSquatter(user: 12345) { process in
      #expect(throws: InstanceClaim.Refusal.held(by: process.processIdentifier)) {
        try claim("eth0", trusting: [12345])
      }
    }
    try await withSquatter(user: 0) { process in
      #expect(throws: InstanceClaim.Refusal.held(by: process.processIdentifier)) {
        try claim("eth0")
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0), arguments: [(-1, ""), (0, "full")])
  func `who does not say who he is keeps nobody from starting`(
    queue: Int, filling: String
  ) async throws {
    try await withSquatter(user: 12345, queue: queue, filling: filling) { _ in
      guard case .unknown = try claim("eth0").standing else {
        Issue.record("the claim is told")
        return
      }
    }
  }

  @Test func `an interface is claimed by its own name as well`() throws {
    try shell(
      namespace, "ip link add a0 type veth peer name b0",
      "ip link property add dev a0 altname lan0")
    namespace.run {
      #expect(InstanceClaim.primaryName(of: "lan0") == "a0")
      #expect(InstanceClaim.primaryName(of: "a0") == "a0")
      #expect(InstanceClaim.primaryName(of: "nosuch0") == "nosuch0")
      #expect(InstanceClaim.primaryName(of: "") == "")
    }
  }
}
