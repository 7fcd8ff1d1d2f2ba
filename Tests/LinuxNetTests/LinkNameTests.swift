import Glibc
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NetworkLab
import Testing

/// Names of interfaces, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct LinkNameTests {
  private let namespace: NetworkNamespace
  private let ends: Veth
  private let monitor: HostMonitor

  init() throws {
    let namespace = try NetworkNamespace()
    self.namespace = namespace
    ends = try Veth(in: namespace)
    monitor = try namespace.run { try HostMonitor() }
  }

  /// The names of `a0` as a reading of everything tells them.
  private func readNames() throws -> [String]? {
    var names: [String]?
    try monitor.readAll {
      if case .link(let link) = $0, link.index == ends.first { names = link.alternativeNames }
    }
    let detailed = try namespace.run { try DetailedLink.readAll() }
    #expect(detailed.first { $0.link.index == ends.first }?.link.alternativeNames == names)
    return names
  }

  /// The names of `a0` as the last notification told them.
  private func toldNames() throws -> [String]? {
    var names: [String]?
    while try monitor.receive({
      if case .link(let link) = $0, link.index == ends.first { names = link.alternativeNames }
    }) {}
    return names
  }

  @Test func `alternative names are read, however many and however long`() throws {
    #expect(try readNames() == [])
    let long = String(repeating: "n", count: 127)
    try shell(
      namespace, "ip link property add dev a0 altname enp0s31f6",
      "ip link property add dev a0 altname \(long) altname wan")
    #expect(try readNames() == ["enp0s31f6", long, "wan"])
    let many = (0..<100).map { "name\($0)" }
    for name in many { try shell(namespace, "ip link property add dev a0 altname \(name)") }
    #expect(try readNames() == ["enp0s31f6", long, "wan"] + many)
    #expect(try readNames()?.map(\.utf8.count).max() == 127)
  }

  @Test func `a name that is added or removed is told`() throws {
    _ = try toldNames()
    try shell(namespace, "ip link property add dev a0 altname enp0s31f6 altname wan")
    #expect(try toldNames() == ["enp0s31f6", "wan"])
    try shell(namespace, "ip link property del dev a0 altname enp0s31f6")
    #expect(try toldNames() == ["wan"])
    try shell(namespace, "ip link property del dev a0 altname wan")
    #expect(try toldNames() == [])
    #expect(try readNames() == [])
  }

  @Test func `names given to an interface that is down are told when it comes up`() throws {
    try shell(
      namespace, "ip link set a0 down", "ip link property add dev a0 altname enp0s31f6")
    _ = try toldNames()
    try shell(namespace, "ip link set a0 up")
    #expect(try toldNames() == ["enp0s31f6"])
  }

  @Test func `what made an interface is told`() throws {
    try shell(
      namespace, "ip link add br0 type bridge",
      "ip link set a0 master br0", "ip tuntap add tap0 mode tap")
    var kinds: [String: String?] = [:]
    try monitor.readAll {
      if case .link(let link) = $0 { kinds[link.name] = .some(link.kind) }
    }
    #expect(
      kinds == [
        "lo": nil, "a0": "veth", "b0": "veth", "br0": "bridge",
        "tap0": "tun",
      ])
  }
}
