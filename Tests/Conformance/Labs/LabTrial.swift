import LinuxNet
import NDPWire
import NetworkLab

/// A row on a running daemon that has its lab to itself, so that anything may happen to the host.
struct LabTrial: Sendable {
  let lab: LiveLab
  let program: Program
  /// The daemon.
  let process: RunningProcess
  /// The name of its configuration file, which is in its command line.
  let configurationPath: String
  let setup: Setup
  /// The row's number among all rows.
  let number: Int
  /// Sees all links as they were when the daemon was ready; see `anew()`.
  let trial: Trial

  /// The daemon's host.
  var proxy: Node { lab.proxy }

  /// The same, with new captures: the old ones end with the interfaces that they are on.
  func anew() throws -> LabTrial {
    let subject = try LiveSubject(program.kind, in: lab, process: process)
    return LabTrial(
      lab: lab, program: program, process: process, configurationPath: configurationPath,
      setup: setup, number: number,
      trial: Trial(on: subject, number: number))
  }

  /// Whether a question for a target gets an answer within some time.
  ///
  /// Asks again every half second, as a router does; each time another address is as good.
  func isAnswered(_ target: IPv6Address, within patience: Duration) async throws -> Bool {
    let end = wallClock() + patience
    let before = try await trial.answers(target).count
    while true {
      try await trial.ask(target)
      for _ in 0..<25 {
        if try await trial.answers(target).count > before { return true }
        if wallClock() >= end { return false }
        try await trial.wait(.milliseconds(20))
      }
    }
  }

  /// Throws unless a question for a target is answered, however long a busy machine takes.
  func requireAnswer(_ target: IPv6Address, _ when: String) async throws {
    let isAnswered = try await isAnswered(target, within: .seconds(10))
    try require(isAnswered, "no answer \(when)")
  }

  /// Throws if a question for a target is answered.
  func requireSilence(_ target: IPv6Address, _ when: String) async throws {
    let isAnswered = try await isAnswered(target, within: .milliseconds(600))
    try require(!isAnswered, "an answer \(when)")
  }

  /// Throws if the daemon has ended.
  func requireLife(_ when: String) throws {
    let last = process.lines.last ?? ""
    try require(process.status == nil, "the daemon has ended \(when): \(last)")
  }

  /// Gives an interface that was down its addresses again.
  func restore(_ side: Side) async throws {
    let addresses = setup.addresses.filter { $0.side == side }.map {
      "address replace \($0.address.address)/\($0.address.prefix.length) dev \(side.rawValue) nodad\n"
    }
    try await proxy.run("ip", "-6", "-batch", "-", input: addresses.joined())
    if side == .up { try await lab.introduce([Row.all[number]], on: side) }
  }

  /// How many packet sockets the daemon's host has that belong to no capture of ours.
  func daemonSockets() async throws -> Int {
    try await proxy.boundPacketSockets() - Side.allCases.count
  }

  /// How many KiB of memory the daemon has in use.
  func residentKibibytes() async throws -> Int {
    let size = try await status("VmRSS")
    guard let size = Int(size) else { throw Mismatch("no size of the daemon: \(size)") }
    return size
  }

  /// A field of the daemon's `/proc/PID/status`, without its unit.
  func status(_ field: String) async throws -> String {
    let pid = "$(pgrep -o -f '\(configurationPath)( |$)')"
    let line = try await proxy.run("sh", "-c", "grep ^\(field): /proc/\(pid)/status")
    return line.split { $0.isWhitespace }.dropFirst().first.map(String.init) ?? ""
  }

  /// Ends the daemon in good order and returns what it counted: the last line of its log.
  func finalCounts() async throws -> String {
    process.send(.terminate)
    let status = try await process.exitStatus(within: .seconds(20))
    try require("the end", status, is: .exited(0))
    return process.lines.last ?? ""
  }
}

extension Check {
  /// A lab of its own for a row: the proxy's three cables, and the daemon.
  ///
  /// `prepare` is done to the host before the daemon starts.
  static func lab(
    _ id: String, _ setup: Setup = .usual, only: Program? = nil,
    prepare: @escaping @Sendable (Node) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (LabTrial) async throws -> Void
  ) -> Check {
    .lab(labBody(id, setup, only: only, prepare: prepare, body))
  }

  /// What such a lab does.
  static func labBody(
    _ id: String, _ setup: Setup = .usual, only: Program? = nil,
    prepare: @escaping @Sendable (Node) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (LabTrial) async throws -> Void
  ) -> @Sendable (Program) async throws -> Void {
    { program in
      if let only, only != program { throw NotRun("not tested with \(program)") }
      let lab = try await LiveLab(setup, rows: [Row.all[Row.number(of: id)]])
      try await prepare(lab.proxy)
      try await lab.proxy.withDaemon(
        program.path, configuration: program.configuration(setup.configuration),
        arguments: program == .ndpproxy ? ["-v"] : []
      ) { daemon in
        let process = daemon.process
        let number = Row.number(of: id)
        let subject = try LiveSubject(program.kind, in: lab, process: process)
        try await body(
          LabTrial(
            lab: lab, program: program, process: process,
            configurationPath: daemon.configuration.path, setup: setup, number: number,
            trial: Trial(on: subject, number: number)))
      }
    }
  }
}

extension Setup {
  /// One static rule, of which a row with a lab to itself can have any target.
  static let alone = Setup("alone", "proxy up0 {\n  rule \(staticPrefix) {\n    static\n  }\n}\n")

  /// One rule that asks on `dn0`.
  static let asking = Setup(
    "asking", "proxy up0 {\n  rule \(verifiedPrefix) {\n    iface dn0\n  }\n}\n")
}
