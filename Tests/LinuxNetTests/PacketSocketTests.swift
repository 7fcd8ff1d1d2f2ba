import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What a packet socket leaves behind on its interface.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct PacketSocketTests {
  private let everything = PacketFilter(
    solicitationsFor: [IPv6Prefix("2001:db8::/32")!], advertisements: true)

  private func open(_ index: Int32, _ namespace: NetworkNamespace) throws -> PacketSocket {
    try namespace.run {
      try PacketSocket(interfaceIndex: index, filter: everything, allMulticast: true)
    }
  }

  @Test func `an interface that is not there is refused`() throws {
    let namespace = try NetworkNamespace()
    #expect(throws: SystemError.self) { try open(4711, namespace) }
  }

  @Test func `all-multicast mode ends with the socket`() async throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let node = Node(name: "host", namespace: namespace)
    func mode() async throws -> Bool {
      try await node.run("ip", "-d", "link", "show", "dev", "b0").contains("allmulti 1")
    }
    var socket: PacketSocket? = try open(ends.second, namespace)
    #expect(try await mode())
    try socket?.receive(.promiscuous, true)
    socket = nil
    #expect(try await !mode())
    let line = try await node.run("ip", "-d", "link", "show", "dev", "b0")
    #expect(line.contains("promiscuity 0"))
  }

  @Test func `a socket knows that its interface was deleted`() throws {
    let namespace = try NetworkNamespace()
    let ends = try Veth(in: namespace)
    let socket = try open(ends.second, namespace)
    #expect(socket.isAttached)
    try shell(namespace, "ip link del a0")
    #expect(!socket.isAttached)
  }
}
