import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Scenarios

/// The network in which an event happens.
struct EventLab {
  let network: FoundingNetwork
  private let wire: Wire
  /// Another namespace, to which interfaces can be moved.
  private let elsewhere: Node
  private let index: Int32
  private let monitor: HostMonitor
  /// Of the segment at the other end of the cable.
  private let segmentMonitor: HostMonitor

  init(_ part: InterfaceEvent.Part, _ layout: Layout) async throws {
    let network = try await layout.network(routers: 1, members: 1)
    self.network = network
    wire = part.wire
    elsewhere = Node(name: "elsewhere", namespace: try NetworkNamespace())
    index = try await network.gateway.interfaceIndex(part.wire.name)
    monitor = try network.gateway.namespace.run { try HostMonitor() }
    segmentMonitor = try part.wire.segment(network).namespace.run { try HostMonitor() }
    let targets = Target.all.map { "address add \($0.address)/128 dev zt0 nodad\n" }
    try await network.member.run("ip", "-batch", "-", input: targets.joined())
  }

  /// Does it all, in order.
  func perform(_ steps: [InterfaceEvent.Step], on process: RunningProcess?) async throws {
    for step in steps { try await perform(step, on: process) }
  }

  private func perform(_ step: InterfaceEvent.Step, on process: RunningProcess?) async throws {
    let gateway = network.gateway
    switch step {
    case .ip(let lines): try await run(lines, on: gateway)
    case .elsewhere(let lines): try await run(lines, on: elsewhere)
    case .segment(let lines): try await run(lines, on: wire.segment(network))
    case .plug(let keepsIndex): try await network.plug(wire, index: keepsIndex ? index : nil)
    case .plugSpare(let name, let address):
      try await network.plugSpare(beside: wire, name, address)
    case .set(let variable, let value): try gateway.set(variable, to: value)
    case .suspend: process?.send(.suspend)
    case .storm: try await run(Self.storm, on: gateway)
    case .resume: process?.send(.resume)
    }
  }

  private func run(_ lines: [String], on node: Node) async throws {
    let text = lines.joined(separator: "\n") + "\n"
    let paths = [
      ("{elsewhere}", elsewhere.namespace.path), ("{gateway}", network.gateway.namespace.path),
    ]
    let batch = paths.reduce(text) { $0.replacing($1.0, with: $1.1) }
    try await node.run("ip", "-batch", "-", input: batch)
  }

  /// Three thousand changes; the kernel keeps a few hundred for who does not listen.
  private static let storm = (0..<1500).flatMap { number in
    ["address add 2001:db8:77::1/128 dev lo", "address delete 2001:db8:77::1/128 dev lo"]
  }

  /// Waits until the interface runs, is nobody's port, and has both addresses, none tentative.
  ///
  /// The bridge at the other end forwards nothing before the kernel has told that its port runs,
  /// which may take it a second.
  func waitUntilUsable() async throws {
    let isUsable: Bool? = try await poll(within: .seconds(10)) {
      var index: Int32?
      var usable: Set<String> = []
      try monitor.readAll { change in
        switch change {
        case .link(let link) where link.name == wire.name && link.isRunning && link.master == nil:
          index = link.index
        case .address(let address) where address.index == index && !address.isTentative:
          usable.insert(address.address.isLinkLocal ? "link-local" : "global")
        default: break
        }
      }
      try segmentMonitor.readAll { change in
        if case .link(let link) = change, link.isUp, !link.isRunning { usable = [] }
      }
      return usable.count == 2 ? true : nil
    }
    guard isUsable == true else { throw LabFailure(["\(wire.name) does not become usable"]) }
  }
}

/// What is asked for.
struct Target {
  let address: IPv6Address

  private init(_ number: Int) {
    address = IPv6Address(bits: FoundingNetwork.insidePrefix.address.bits | UInt128(number))
  }

  /// Asked for and answered before the event.
  static let known = Target(0x1001)
  /// First asked for while the event lasts, and then throughout.
  static let awaited = Target(0x1002)
  /// First asked for when it is over, each of them once.
  static let fresh = (0..<250).map { Target(0x2000 + $0) }

  static let all = [known, awaited] + fresh
}
