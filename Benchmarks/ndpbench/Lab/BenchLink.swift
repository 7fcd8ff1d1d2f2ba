import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// Three machines in a row: who asks, who answers, and a member behind that one.
///
/// ```
///   asker up0 ───────────── eth0 responder zt0 ───────────── zt0 member
///   2001:db8:1::1/64        2001:db8:1::2/64                 (a raw socket only)
/// ```
///
/// The cables are veth pairs without a bridge. Both ends know each other's link-layer address for
/// good, so that nothing but the questions and answers of a measurement is on the first.
struct BenchLink {
  let asker: Node
  let responder: Node
  let member: Node

  /// The prefix that responders answer for.
  static let proxiedPrefix = FoundingNetwork.insidePrefix
  static let askerAddress = FoundingNetwork.routerAddress(0)
  static let askerLinkLayerAddress = FoundingNetwork.routerLinkLayerAddress(0)
  static let responderLinkLayerAddress = FoundingNetwork.gatewayLinkLayerAddress
  static let memberLinkLayerAddress = FoundingNetwork.memberLinkLayerAddress(0)

  /// Builds it; about 100 ms.
  init() async throws {
    var lab: [NetworkNamespace] = []
    for _ in 0..<3 { lab.append(try NetworkNamespace()) }
    let names = ["asker", "responder", "member"]
    let nodes = zip(names, lab).map { [lab] in Node(name: $0, namespace: $1, lab: lab) }
    (asker, responder, member) = (nodes[0], nodes[1], nodes[2])
    for node in nodes {
      for scope in ["all", "default"] {
        try node.set("\(scope)/accept_dad", to: "0")
        try node.set("\(scope)/dad_transmits", to: "0")
        try node.set("\(scope)/router_solicitations", to: "0")
      }
    }
    try responder.set("all/forwarding", to: "1")
    try await connect()
    try await assignAddresses()
    try await settle()
  }

  private func connect() async throws {
    let inside = FoundingNetwork.insideGatewayLinkLayerAddress
    try await responder.run(
      "ip", "-batch", "-",
      input: """
        link add eth0 address \(Self.responderLinkLayerAddress) type veth \
        peer name up0 address \(Self.askerLinkLayerAddress) netns \(asker.namespace.path)
        link add zt0 address \(inside) type veth \
        peer name zt0 address \(Self.memberLinkLayerAddress) netns \(member.namespace.path)

        """)
  }

  private func assignAddresses() async throws {
    // The generator speaks for the asker, whose kernel would only look at answers once more.
    try await asker.run("sysctl", "-qw", "net.ipv6.conf.up0.disable_ipv6=1")
    try await asker.run(
      "ip", "-6", "-batch", "-",
      input: """
        link set lo up
        link set up0 up

        """)
    try await responder.run(
      "ip", "-6", "-batch", "-",
      input: """
        link set lo up
        link set eth0 up
        link set zt0 up
        address add \(FoundingNetwork.gatewayAddress)/64 dev eth0
        address add \(FoundingNetwork.insideGatewayAddress)/80 dev zt0
        neighbor add \(Self.askerAddress) lladdr \(Self.askerLinkLayerAddress) \
        dev eth0 nud permanent

        """)
    try member.set("zt0/disable_ipv6", to: "1")
    try await member.run("ip", "link", "set", "zt0", "up")
  }

  /// Waits until the kernels have told each other which groups they are in (RFC 3810 §6.1).
  private func settle() async throws {
    var before = try frameCount
    for _ in 0..<20 {
      try await Task.sleep(for: .milliseconds(500))
      let after = try frameCount
      if after == before { return }
      before = after
    }
    throw BenchFailure("the link does not become quiet: something else sends on it")
  }

  private var frameCount: Int {
    get throws { try asker.counters(of: "up0").received + asker.counters(of: "up0").sent }
  }
}

/// Why there is no figure.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// How many frames an interface has moved, as the kernel counts them.
struct InterfaceCounters {
  var received = 0
  /// Not taken up by the kernel, or not handed over to the other end.
  var dropped = 0
  var sent = 0

  static func - (later: InterfaceCounters, earlier: InterfaceCounters) -> InterfaceCounters {
    InterfaceCounters(
      received: later.received - earlier.received, dropped: later.dropped - earlier.dropped,
      sent: later.sent - earlier.sent)
  }
}

extension Node {
  /// The counters of one of this node's interfaces, from `/proc/net/dev`; about 20 µs.
  func counters(of interface: String) throws -> InterfaceCounters {
    let octets = try namespace.run {
      try RegularFile("/proc/thread-self/net/dev", limit: 1 << 16).octets
    }
    for line in String(decoding: octets, as: UTF8.self).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" }
      guard words.first.map(String.init) == interface else { continue }
      let numbers = words.dropFirst().compactMap { Int($0) }
      guard numbers.count >= 12 else { break }
      return InterfaceCounters(
        received: numbers[1], dropped: numbers[3] + numbers[11], sent: numbers[9])
    }
    throw BenchFailure("\(name): no counters of \(interface) in /proc/net/dev")
  }
}
