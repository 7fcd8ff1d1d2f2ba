import HostDoctor
import LinuxSurvey
import NDPWire
import NetworkLab

/// A host as somebody runs it, healthy or with one fault, on real kernels: the founding network's
/// gateway, changed by a script.
struct Situation: Sendable {
  /// What it is, for the table.
  let name: String
  /// The code of the check that must find the fault; `nil` where nothing is wrong.
  let fault: String?
  /// What the gateway's proxy is told.
  var configuration = "proxy eth0 { rule 2001:db8:1:0:ff::/80 { auto } }"
  /// The lines of a script.
  ///
  /// Those that begin with `r:` or `m:` are for the router or the member,
  /// all others for the gateway. `$ROOT` is the directory that stands for the gateway's `/`.
  var script: [String] = []
  /// What is done after the daemon has started.
  var later: [String] = []
  /// The address that somebody outside pings; `nil` where no traffic can be had here, as through a
  /// tunnel that has no other end.
  var target: String? = "2001:db8:1:0:ff::10"
  /// Whether the ping fails because of the fault.
  var breaksPing = true
  /// The code of the check that must say in a note that the members cannot be reached from
  /// outside, which may be meant so.
  var note: String?
  /// Which TCP connections come about; `nil` where that is not tried.
  var connections: Connections?
  /// The interface towards the router, for `ndpctl init`.
  var upstream = "eth0"
  /// Whether `ndpctl init` can know what is needed.
  var isKnown = true

  static let all = healthy + healthyFilters + recorded + routes + filters + hosts

  /// Who can open TCP connections to whom.
  enum Connections: String {
    case both = "both ways"
    case outward = "only from the members"
    case inward = "only to the members"
    case neither
  }

  /// What came of it.
  struct Outcome: Sendable {
    let situation: Situation
    /// Whether somebody outside reached the target; `nil` where that was not tried.
    let isReached: Bool?
    let connections: Connections?
    let document: DoctorDocument
    /// Whether connections come about after the fix; `nil` where that is not tried.
    var isFixed: Bool?

    /// Something is wrong, and the doctor has no failure and no warning, or not the note.
    var isFalseGood: Bool {
      situation.fault != nil && document.codes.isEmpty
        || situation.note.map { document[$0]?.verdict != "found" } ?? false
    }

    /// Nothing is wrong, and the doctor says so nevertheless.
    var isFalseBad: Bool { situation.fault == nil && !document.codes.isEmpty }

    /// The fault is not among what was found.
    var isMistaken: Bool { situation.fault.map { !document.codes.contains($0) } ?? false }

    /// The lab itself is not what it says.
    var isMisbuilt: Bool {
      connections != situation.connections
        || isReached.map { $0 != situation.isReachable } ?? false
    }

    /// All that was found, for a failing test.
    var report: String {
      "\(situation.name): reached \(isReached.map { "\($0)" } ?? "-"), "
        + "TCP \(connections?.rawValue ?? "-"), "
        + "found \(document.codes) \(document.report)"
    }
  }

  /// Lays it out, runs the daemon and asks the doctor.
  func play() async throws -> Outcome {
    let lab = try await Lab()
    do {
      let outcome = try await play(in: lab)
      try await lab.cleanUp()
      return outcome
    } catch {
      try await lab.cleanUp()
      throw LabTrouble("\(name): \(error)")
    }
  }

  /// Whether a ping from outside must get its reply.
  private var isReachable: Bool { fault == nil && note == nil || !breaksPing }

  private func prepare(_ lab: Lab) async throws {
    try lab.network.router.set("all/forwarding", to: "1")
    try await lab.network.router.run("ip", "-6", "address", "add", "\(Self.far)/128", "dev", "lo")
    for line in script { try await run(line, in: lab) }
  }

  /// What is wrong with the configuration that `ndpctl init` proposes: it must serve as the one
  /// that is known to; `nil` where nothing is.
  func faultOfProposal() async throws -> String? {
    let lab = try await Lab()
    try await prepare(lab)
    let proposal = try await lab.gateway.result(of: [ndpctl, "init", "--upstream", upstream])
    var fault: String?
    if proposal.status == .exited(0) {
      fault = try await lab.gateway.withDaemon(
        ndpproxy, configuration: proposal.standardOutput
      ) { _ in
        try await lab.reaches(target ?? "", from: Self.far, within: .seconds(5))
          ? nil : "what it proposes does not serve:\n\(proposal.standardOutput)"
      }
    } else if isKnown {
      fault = "it proposes nothing:\n\(proposal.standardOutput)\(proposal.standardError)"
    }
    try await lab.cleanUp()
    return fault
  }

  private func play(in lab: Lab) async throws -> Outcome {
    try await prepare(lab)
    return try await lab.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      for line in later { try await run(line, in: lab) }
      var isReached: Bool?
      if let target {
        isReached = try await lab.reaches(
          target, from: Self.far, within: isReachable ? .seconds(5) : .zero)
      }
      let connections = connections == nil ? nil : try await lab.connections(with: Self.far)
      let document = try await lab.doctor(
        daemon.configuration.path, ["-s", daemon.controlSocket])
      var outcome = Outcome(
        situation: self, isReached: isReached, connections: connections, document: document)
      let commands = document.troubles.first { $0.summary.contains("packet filter") }?.fix?.commands
      if connections != nil, let commands, commands.allSatisfy({ $0.hasPrefix("nft insert") }) {
        for command in commands { try await lab.shell(command) }
        outcome.isFixed = try await lab.connections(with: Self.far) == .both
      }
      return outcome
    }
  }

  /// Somebody outside.
  static let far = "2001:db8:ffff::1"

  /// The configuration with a line for each entry.
  private var text: String {
    configuration.split(separator: " ").map {
      ["{", "}", ";"].contains($0) ? ($0 == ";" ? "\n" : "\($0)\n") : "\($0) "
    }.joined()
  }

  private func run(_ line: String, in lab: Lab) async throws {
    let nodes = ["r:": lab.network.router, "m:": lab.network.member]
    let node = nodes[String(line.prefix(2))]
    let command = node == nil ? line : String(line.dropFirst(2))
    let directory = ndpctl.split(separator: "/").dropLast().joined(separator: "/")
    try await (node ?? lab.gateway).run(
      "sh", "-ec",
      "ROOT=\(lab.root); RULESETS=\(Self.rulesets); PATH=$PATH:/usr/sbin:/\(directory)\n\(command)")
  }
}

extension Lab {
  /// Whether the router reaches an address from another of its own, asking anew each time.
  fileprivate func reaches(
    _ target: String, from source: String, within patience: Duration
  ) async throws -> Bool {
    let works: Bool? = try await poll(within: patience) {
      try await network.router.run("ip", "-6", "neigh", "flush", "dev", "up0")
      let result = try await network.router.result(
        of: ["ping", "-6", "-n", "-c", "1", "-W", "1", "-I", source, target])
      return result.status == .exited(0) ? true : nil
    }
    return works == true
  }

  /// Who can open TCP connections: first segments are counted where they arrive, whatever is
  /// answered.
  func connections(with outside: String) async throws -> Situation.Connections {
    let member = "\(FoundingNetwork.memberAddress(0))"
    let (router, inside) = (network.router, network.member)
    async let arrives = router.sends(from: outside, to: member, on: inside)
    let isOutward = try await inside.sends(from: member, to: outside, on: router)
    let isInward = try await arrives
    return isInward ? isOutward ? .both : .inward : isOutward ? .outward : .neither
  }
}

extension Node {
  /// Whether the first segment of a TCP connection arrives at another node.
  fileprivate func sends(
    from source: String, to destination: String, on other: Node
  ) async throws -> Bool {
    let port = 443
    try await other.run(
      "nft", "-f", "-",
      input: """
        table ip6 arrivals
        delete table ip6 arrivals
        table ip6 arrivals {
          counter first { }
          chain in {
            type filter hook input priority -300;
            tcp dport \(port) tcp flags syn counter name first
          }
        }
        """)
    let connect = """
      import socket
      s = socket.socket(socket.AF_INET6)
      s.settimeout(0.3)
      s.bind(("\(source)", 0))
      s.connect_ex(("\(destination)", \(port)))
      """
    try await run("python3", "-c", connect)
    let counter = try await other.run("nft", "list", "counter", "ip6", "arrivals", "first")
    return !counter.contains("packets 0 ")
  }
}

extension Situation {
  /// A line that feeds a table to nft(8).
  static func nft(_ text: String) -> String { "nft -f - <<'END'\n\(text)\nEND" }

  /// A line that feeds a table to ip6tables-restore(8).
  static func restore(_ text: String) -> String {
    "ip6tables-restore <<'END'\n\(text)\nCOMMIT\nEND"
  }

  /// The members' prefix is gone from zt0.
  static let withoutInside = "ip -6 route del 2001:db8:1:0:ff::/80 dev zt0"
}
