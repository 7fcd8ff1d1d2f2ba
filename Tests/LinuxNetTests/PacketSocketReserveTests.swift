import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Sockets that serve one interface after the other.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct PacketSocketReserveTests {
  private let everything = PacketFilter(
    solicitationsFor: [IPv6Prefix("2001:db8::/32")!], advertisements: true)
  /// A solicitation by multicast, as the wire has it.
  private let solicitation = EthernetFrame(
    source: MACAddress("02:00:00:00:00:0a")!, destination: MACAddress("33:33:ff:00:00:10")!,
    message: NeighborSolicitation(
      source: IPv6Address("fe80::1")!, destination: IPv6Address("ff02::1:ff00:10")!,
      target: IPv6Address("2001:db8::10")!,
      sourceLinkLayerAddress: MACAddress("02:00:00:00:00:0a")!))

  private func open(
    _ index: Int32, _ namespace: NetworkNamespace, from reserve: PacketSocketReserve? = nil
  ) throws -> PacketSocket {
    try namespace.run {
      try PacketSocket(
        interfaceIndex: index, filter: everything, allMulticast: true, from: reserve)
    }
  }

  private func send(_ count: Int, by sender: PacketSender) {
    for _ in 0..<count { sender.enqueue { solicitation.encode(into: &$0) } }
    sender.flush()
    #expect(sender.unsentCount == 0)
  }

  private func received(by socket: PacketSocket) throws -> Int {
    try socket.receive { _, _ in }
  }

  @Test func `a socket goes back when its interface is not needed any more`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let reserve = try namespace.run { try PacketSocketReserve(count: 1) }
    for _ in 0..<3 {
      let socket = try open(ends.second, namespace, from: reserve)
      #expect(reserve.count == 0)
      withExtendedLifetime(socket) {}
    }
    #expect(reserve.count == 1)
  }

  @Test func `what one interface left behind does not reach the next`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let reserve = try namespace.run { try PacketSocketReserve(count: 1) }
    let sender = try namespace.run { try PacketSender(interfaceIndex: ends.first) }
    var socket: PacketSocket? = try open(ends.second, namespace, from: reserve)
    send(3, by: sender)
    socket = nil
    // Nobody is bound now, and what comes is for nobody.
    send(3, by: sender)
    socket = try open(ends.second, namespace, from: reserve)
    #expect(try received(by: socket!) == 0)
    #expect(socket!.takeOverrunCount() == 0)
    send(2, by: sender)
    #expect(try received(by: socket!) == 2)
  }

  @Test func `a socket whose interface was deleted serves a new one`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let reserve = try namespace.run { try PacketSocketReserve(count: 1) }
    var socket: PacketSocket? = try open(ends.second, namespace, from: reserve)
    try shell(namespace, "ip link del a0")
    socket = nil
    #expect(reserve.count == 1)
    let others = try Veth(in: namespace)
    #expect(others.second != ends.second)
    let sender = try namespace.run { try PacketSender(interfaceIndex: others.first) }
    socket = try open(others.second, namespace, from: reserve)
    send(1, by: sender)
    #expect(try received(by: socket!) == 1)
  }

  @Test func `an interface that is not there costs no socket`() throws {
    let namespace = try NetworkNamespace()
    let reserve = try namespace.run { try PacketSocketReserve(count: 1) }
    #expect(throws: SystemError.self) { try open(4711, namespace, from: reserve) }
    #expect(reserve.count == 1)
  }

  @Test func `all-multicast mode ends when the socket goes back`() async throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let node = Node(name: "host", namespace: namespace)
    func mode() async throws -> Bool {
      try await node.run("ip", "-d", "link", "show", "dev", "b0").contains("allmulti 1")
    }
    let reserve = try namespace.run { try PacketSocketReserve(count: 1) }
    var socket: PacketSocket? = try open(ends.second, namespace, from: reserve)
    #expect(try await mode())
    try socket?.receive(.promiscuous, true)
    socket = nil
    #expect(try await !mode())
    let line = try await node.run("ip", "-d", "link", "show", "dev", "b0")
    #expect(line.contains("promiscuity 0"))
  }
}
