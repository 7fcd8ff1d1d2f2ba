import Glibc
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// ndpproxy that is ready.
struct RunningDaemon: Sendable {
  let process: RunningProcess
  /// What it took of its processor from exec until then, in nanoseconds.
  let startTime: Int
}

/// The lab of one session, with everything that its measurements share.
struct Bench {
  let link: BenchLink
  /// The daemon to measure.
  let daemon: String
  /// Where the asker's interface is.
  let askerIndex: Int32
  let responderIndex: Int32
  let memberIndex: Int32
  /// The processor of everything but the responder, and the responder's.
  let processors: (own: Int, responder: Int)

  /// The absolute path of a daemon that may have been built just now; throws where there is none.
  static func settledProgram(_ daemon: String) throws -> String {
    guard RegularFile.exists(daemon) else {
      throw BenchFailure("there is no daemon at \(daemon): build it with 'make', or see --daemon")
    }
    // The pages of what was just built count as the daemon's own until they are on the disk.
    sync()
    return RegularFile.absolute(daemon)
  }

  /// Builds the lab and takes up a processor; throws where there are not two.
  init(daemon: String) async throws {
    self.daemon = try Self.settledProgram(daemon)
    let allowed = ProcessorAffinity.allowed
    guard allowed.count >= 2 else {
      throw BenchFailure(
        "needs two processors, one for the generator and one for the responder; there is one")
    }
    processors = (allowed[0], allowed[1])
    try ProcessorAffinity.pin(to: processors.own)
    link = try await BenchLink()
    askerIndex = try await link.asker.interfaceIndex("up0")
    responderIndex = try await link.responder.interfaceIndex("eth0")
    memberIndex = try await link.member.interfaceIndex("zt0")
  }

  /// The command that a responder is started with, apart from its configuration.
  private func command(of responder: Responder) throws -> [String] {
    switch responder {
    case .ndpproxy, .sockets: [daemon]
    case .ndppd: ["ndppd"]
    case .reference:
      [try CurrentProcess.executablePath().string, "reference", "\(responderIndex)"]
    case .kernel: []
    }
  }

  /// Runs a responder for as long as `body` takes, from its first answer on.
  ///
  /// `target` is one that it must answer for. Throws what it said where it does not answer, unless
  /// the configuration lets it be silent.
  func withResponder<Result: Sendable>(
    _ responder: Responder, _ configuration: ResponderConfiguration = .oneRule,
    answering target: IPv6Address = member(0),
    member station: Member? = nil, _ body: (RunningResponder) async throws -> Result
  ) async throws -> Result {
    if responder == .kernel {
      return try await withKernelProxy { try await body(RunningResponder(.kernel, self, nil, 0)) }
    }
    let file = try configuration.text(for: responder).map { try TemporaryFile(containing: $0) }
    let own = try CurrentProcess.executablePath().string
    let start = [own, "start", "--processor", "\(processors.responder)", "--"]
    let environment = configuration.controlSocket.map { ["env", "NDPPROXY_SOCKET=\($0)"] } ?? []
    let command =
      start + environment + (try self.command(of: responder))
      + (file.map { ["-c", $0.path] } ?? [])
    return try await link.responder.withProcess(command) { process in
      var running = RunningResponder(
        responder, self, process, try await startTime(of: process))
      // It is no responder before it has read the routes.
      if responder == .ndppd { try await Task.sleep(for: configuration.silenceForNdppd) }
      try await running.waitForAnswer(
        target, member: station, patience: configuration.patience,
        orSilence: responder == .ndppd && configuration.ndppdMayBeSilent)
      return try await body(running)
    }
  }

  /// Runs ndpproxy for as long as `body` takes, from when it says that it is ready; nobody asks.
  func withDaemon<Result: Sendable>(
    configuration text: String, _ body: (RunningDaemon) async throws -> Result
  ) async throws -> Result {
    let file = try TemporaryFile(containing: text)
    let own = try CurrentProcess.executablePath().string
    // The kernel's count is exact when a process has just slept.
    let shell =
      "sleep 0.1; read time rest </proc/$$/schedstat; "
      + #"echo before exec: $time; exec "$@""#
    let start = [own, "start", "--processor", "\(processors.responder)", "--"]
    let command = start + ["sh", "-c", shell, "sh", daemon, "-c", file.path]
    return try await link.responder.withProcess(command) { process in
      guard try await process.line(containing: "ready: ", within: .seconds(20)) != nil,
        let line = process.lines.first(where: { $0.hasPrefix("before exec: ") }),
        let before = line.split(separator: " ").last.flatMap({ Int($0) })
      else { throw BenchFailure("ndpproxy is not ready: \(process.lines)") }
      let after = try Machine.processorTime(of: process.processIdentifier)
      return try await body(RunningDaemon(process: process, startTime: after - before))
    }
  }

  /// Keeps the responder's processor awake for as long as `body` takes, in its way for nobody.
  func withWakefulProcessor<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    let own = try CurrentProcess.executablePath().string
    let command = [own, "spin", "--processor", "\(processors.responder)"]
    return try await link.responder.withProcess(command) { process in
      guard try await process.line(containing: "spinning", within: .seconds(10)) != nil else {
        throw BenchFailure("no spinning: \(process.lines)")
      }
      return try await body()
    }
  }

  private func startTime(of process: RunningProcess) async throws -> UInt64 {
    guard let line = try await process.line(containing: "starting at ", within: .seconds(10)),
      let time = line.split(separator: " ").last.flatMap({ UInt64($0) })
    else { throw BenchFailure("a responder did not start: \(process.lines)") }
    return time
  }

  /// How many targets the kernel is told of.
  static let kernelTargetCount = 16

  private func withKernelProxy<Result>(_ body: () async throws -> Result) async throws -> Result {
    let targets = (0..<Self.kernelTargetCount).map(member)
    func batch(_ verb: String) -> String {
      targets.map { "neighbor \(verb) proxy \($0) dev eth0\n" }.joined()
    }
    // The interface's own switch does not do for questions by unicast.
    try link.responder.set("all/proxy_ndp", to: "1")
    try await link.responder.run("ip", "-6", "-batch", "-", input: batch("add"))
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    try await link.responder.run("ip", "-6", "-batch", "-", input: batch("delete"))
    try link.responder.set("all/proxy_ndp", to: "0")
    return try result.get()
  }
}
