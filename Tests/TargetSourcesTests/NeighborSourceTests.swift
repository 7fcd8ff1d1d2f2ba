import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import ProxyModel
import Testing

@testable import TargetSources

/// What the kernel's neighbor cache says of targets, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct NeighborSourceTests {
  private let host = try! NetworkNamespace()
  private let ends: Veth
  private let source: NeighborSource
  private let target = IPv6Address("2001:db8::c")!
  private let station = MACAddress("02:00:00:00:00:0c")!

  init() throws {
    ends = try Veth(in: host)
    try shell(host, "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0")
    source = try host.run { try NeighborSource() }
  }

  /// The changes that are told of the target, until there are so many.
  private func changes(_ count: Int) throws -> [TargetChange] {
    var all: [TargetChange] = []
    let deadline = ContinuousClock.now + .seconds(5)
    while all.count < count, ContinuousClock.now < deadline {
      try source.takeChanges { if $0.target == target { all.append($0) } }
      BootClock.sleep(for: .milliseconds(1))
    }
    return all
  }

  @Test func `each state is told in the words of the model`() throws {
    let states = ["reachable", "stale", "probe", "failed", "reachable"]
    for state in states {
      try shell(
        host, "ip -6 neigh replace 2001:db8::c lladdr 02:00:00:00:00:0c dev a0 nud \(state)")
    }
    let told = try changes(states.count)
    #expect(told.allSatisfy { $0.interface == InterfaceIndex(ends.first) })
    #expect(told.first?.neighbor.linkLayerAddress == station)
    let words = told.map(\.neighbor.state)
    #expect(words.first == .reachable && words.last == .reachable)
    #expect(words.contains(.stale) && words.contains(.failed))
  }

  /// The kernel tells of an entry that `ip neigh del` removes twice: as failed, and as deleted.
  @Test func `an entry that is deleted is told once`() throws {
    try shell(
      host, "ip -6 neigh add 2001:db8::c lladdr 02:00:00:00:00:0c dev a0 nud stale",
      "ip -6 neigh del 2001:db8::c dev a0",
      "ip -6 neigh add 2001:db8::c lladdr 02:00:00:00:00:0c dev a0 nud reachable")
    #expect(try changes(3).map(\.neighbor.state) == [.stale, .failed, .reachable])
  }

  @Test(arguments: [
    (NeighborState.reachable, CachedNeighbor.State.reachable), (.permanent, .reachable),
    (.noARP, .reachable), (.stale, .stale), (.delay, .probing), (.probe, .probing),
    (.failed, .failed), (.incomplete, .incomplete), (.none, .incomplete),
  ])
  func `every state of the kernel has a word`(
    state: NeighborState, expected: CachedNeighbor.State
  ) {
    let entry = NeighborEntry(linkLayerAddress: station, state: state)
    #expect(CachedNeighbor(entry).state == expected)
  }
}
