import Conformance
import LinuxNet
import NDPWire
import NetworkLab

/// What a daemon holds before and after its proxy interface was deleted and made again many times.
package struct Recreation: Sendable {
  /// What it held when that had happened ten times.
  package let before: Holding
  /// What it held in the end.
  package let after: Holding
  /// How many questions it was asked meanwhile.
  package let questionCount: Int
  /// How many of them it answered, between one interface and the next.
  package let answerCount: Int
  /// Whether it answers in the end, for both kinds of rules.
  package let answers: Bool
  /// How it ended; `nil` if it lives.
  package let end: String?

  /// What a process holds of the host.
  package struct Holding: Sendable {
    /// Open descriptors.
    package let descriptors: [String]
    /// Memory.
    package let memory: ProcessMemory
  }

  private static let staticPrefix = IPv6Prefix("2001:db8:1:0:ff:5::/96")!

  /// Rules of every kind that opens something: sockets, groups, sessions.
  private static let configuration = """
    proxy eth0 {
      rule \(FoundingNetwork.insidePrefix) {
        iface zt0
      }
      rule \(staticPrefix) {
        static
      }
      rule 2001:db8:1:0:fd::/120 {
        static
      }
    }

    """

  /// Deletes and makes the interface again so often while it is asked so much in every second.
  package static func played(rounds: Int, questionsPerSecond: Int) async throws -> Recreation {
    let network = try await FoundingNetwork(members: 1)
    return try await network.gateway.withDaemon(
      try Program.ndpproxy.path, configuration: configuration
    ) { daemon in
      try await withThrowingTaskGroup(of: (asked: Int, answered: Int).self) { group in
        group.addTask { try await ask(network, perSecond: questionsPerSecond) }
        let process = daemon.process
        for _ in 0..<10 { try await recreate(in: network) }
        let before = try await Holding(of: process, on: network.gateway)
        for _ in 0..<rounds { try await recreate(in: network) }
        group.cancelAll()
        let counts = try await group.next()
        let asker = try await Asker(network)
        var answers = true
        for target in [FoundingNetwork.memberAddress(0), target(2)] {
          answers = try await asker.isAnswered(target, within: .seconds(5)) && answers
        }
        return Recreation(
          before: before, after: try await Holding(of: process, on: network.gateway),
          questionCount: counts?.asked ?? 0, answerCount: counts?.answered ?? 0,
          answers: answers, end: process.status.map { "\($0)" })
      }
    }
  }

  private static func recreate(in network: FoundingNetwork) async throws {
    try await network.gateway.run("ip", "link", "delete", "eth0")
    try await network.plug(.outer)
  }

  /// Asks for a living target, dead ones and static ones until cancelled; counts.
  private static func ask(
    _ network: FoundingNetwork, perSecond rate: Int
  ) async throws -> (asked: Int, answered: Int) {
    let asker = try await Asker(network)
    let start = wallClock()
    var count = 0
    var answered = 0
    while !Task.isCancelled {
      let due = Int((wallClock() - start) / .milliseconds(1)) * rate / 1000
      asker.ask(for: (count..<due).map(target))
      count = due
      answered += try asker.takeAnswers().count
      try? await Task.sleep(for: .milliseconds(2))
    }
    return (count, answered)
  }

  private static func target(_ number: Int) -> IPv6Address {
    let host = UInt128(0x10_0000 + number / 3 % 5000)
    return switch number % 3 {
    case 0: FoundingNetwork.memberAddress(0)
    case 1: IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | host)
    default: IPv6Address(bits: staticPrefix.address.bits | host)
    }
  }
}

extension Recreation.Holding {
  fileprivate init(of process: RunningProcess, on node: Node) async throws {
    // The last interface is new to it.
    try await Task.sleep(for: .milliseconds(500))
    let directory = "/proc/\(process.processIdentifier)/fd"
    let listing = try await node.run("find", directory, "-type", "l", "-printf", "%l\n")
    descriptors = listing.split(separator: "\n").map { line in
      // The kinds, without the numbers.
      String(line.prefix { $0 != "[" })
    }.sorted()
    memory = try ProcessMemory(of: process.processIdentifier)
  }
}
