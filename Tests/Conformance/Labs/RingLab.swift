import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// Two hosts, each with an interface on each of two links, where two proxies may face each other.
///
/// ```
///        ┌ x [A] y ┐
/// link x ┤         ├ link y
///        └ x [B] y ┘
/// ```
actor RingLab {
  /// One of the two links.
  enum Link: String, CaseIterable { case x, y }

  /// A message on a link.
  struct Message {
    let link: Link
    let type: UInt8
    let frame: EmittedFrame
  }

  nonisolated let hosts: [Node]
  private let middle: Node
  private let sockets: [Link: RawSocket]
  private let ports: [Port]
  private var messages: [Message] = []

  /// A port of a link's switch, where all that its host sends comes by.
  private final class Port {
    let link: Link
    let station: MACAddress
    var capture: PacketCapture

    init(_ link: Link, _ station: MACAddress, _ capture: consuming PacketCapture) {
      (self.link, self.station) = (link, station)
      self.capture = capture
    }
  }

  init() async throws {
    let namespaces = try (0..<3).map { _ in try NetworkNamespace() }
    let middle = Node(name: "links", namespace: namespaces[2], lab: namespaces)
    hosts = (0..<2).map { Node(name: "AB", namespace: namespaces[$0], lab: namespaces) }
    self.middle = middle
    try middle.set("default/disable_ipv6", to: "1")
    for host in hosts {
      try host.set("default/accept_dad", to: "0")
      try host.set("default/router_solicitations", to: "0")
      try host.set("all/forwarding", to: "1")
    }
    var batch = Link.allCases.map {
      "link add \($0.rawValue) type bridge mcast_snooping 0\nlink set \($0.rawValue) up\n"
    }.joined()
    for (number, host) in hosts.enumerated() {
      for link in Link.allCases {
        batch += """
          link add \(link.rawValue)\(number) type veth peer name \(link.rawValue) \
          address \(Self.station(number, link)) netns \(host.namespace.path)
          link set \(link.rawValue)\(number) master \(link.rawValue) up

          """
      }
    }
    try await middle.run("ip", "-batch", "-", input: batch)
    for host in hosts {
      try await host.run("ip", "-batch", "-", input: "link set x up\nlink set y up\n")
    }
    sockets = try Dictionary(
      uniqueKeysWithValues: Link.allCases.map { link in
        (link, try middle.namespace.run { try RawSocket(interface: link.rawValue) })
      })
    ports = try hosts.indices.flatMap { number in
      try Link.allCases.map { link in
        let capture = try middle.capture(on: "\(link.rawValue)\(number)")
        return Port(link, Self.station(number, link), capture)
      }
    }
  }

  /// The link-layer address of a host on a link.
  static func station(_ host: Int, _ link: Link) -> MACAddress {
    MACAddress(bits: 0x0200_0000_0b00 | UInt64(host) << 4 | (link == .x ? 1 : 2))
  }

  /// Makes a station known to the hosts' kernels, for proxies that answer through these.
  func introduce(_ station: Station) async throws {
    for host in hosts {
      for link in Link.allCases {
        try await host.run(
          "ip", "-6", "neighbor", "replace", "\(station.linkLocal)", "lladdr",
          "\(station.linkLayerAddress)", "dev", link.rawValue, "nud", "permanent")
      }
    }
  }

  /// Sends a frame to all on a link.
  func send(_ octets: [UInt8], on link: Link) throws { try sockets[link]!.send(octets) }

  /// What the two hosts have said about a target since the last call.
  func take(about target: IPv6Address) throws -> [Message] {
    var messages: [Message] = []
    for port in ports {
      while let frame = try port.capture.next() {
        let seen = EmittedFrame(side: .up, time: frame.timestamp, octets: frame.octets)
        guard let type = seen.message?.first, seen.frameSource == port.station,
          seen.target == target
        else { continue }
        messages.append(Message(link: port.link, type: type, frame: seen))
      }
    }
    return messages
  }

  /// Runs two proxies, once they can be heard.
  nonisolated func withProxies(
    _ programs: [Program], _ configurations: [String],
    _ body: @Sendable ([Daemon]) async throws -> Void
  ) async throws {
    try await hosts[0].withDaemon(
      programs[0].path, configuration: programs[0].configuration(configurations[0])
    ) { first in
      try await hosts[1].withDaemon(
        programs[1].path, configuration: programs[1].configuration(configurations[1])
      ) { second in
        // Link-local addresses are there by then, if they have not been before.
        try await Task.sleep(for: .milliseconds(200))
        try await body([first, second])
      }
    }
  }
}
