import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The kernel's neighbor cache, on a real kernel.
///
/// The host has `a0`; its neighbor, which answers, has `b0` in another namespace.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct NeighborTests {
  private let host = try! NetworkNamespace()
  private let other = try! NetworkNamespace()
  private let ends: Veth
  private let monitor: NeighborMonitor
  private let lookup: NeighborLookup

  private let neighbor = IPv6Address("2001:db8::b")!
  private let stranger = IPv6Address("2001:db8::c")!
  private let neighborAddress = MACAddress("02:00:00:00:00:0b")!

  init() throws {
    ends = try Veth(in: host)
    try shell(
      host, "ip link set b0 netns \(other.path)", "ip link set lo up",
      "sysctl -qw net.ipv6.conf.a0.addr_gen_mode=1 net.ipv6.conf.a0.disable_ipv6=0"
        + " net.ipv6.conf.a0.accept_ra=0 net.ipv6.neigh.a0.retrans_time_ms=100"
        + " net.ipv6.neigh.a0.delay_first_probe_time=0",
      "ip address add 2001:db8::a/64 dev a0 nodad")
    try shell(
      other, "sysctl -qw net.ipv6.conf.b0.addr_gen_mode=1 net.ipv6.conf.b0.disable_ipv6=0",
      "ip link set b0 up", "ip address add 2001:db8::b/64 dev b0 nodad")
    (monitor, lookup) = try host.run { (try NeighborMonitor(), try NeighborLookup()) }
    _ = try changes(until: { _ in true }, within: .milliseconds(50))
  }

  /// The changes of one-by-one datagrams until there is one as wanted, or none for so long.
  private func changes(
    until isWanted: (NeighborChange) -> Bool, within patience: Duration = .seconds(5)
  ) throws -> [NeighborChange] {
    var all: [NeighborChange] = []
    let deadline = ContinuousClock.now + patience
    while !all.contains(where: isWanted), ContinuousClock.now < deadline {
      _ = try monitor.receive(atMost: 1) { all.append($0) }
      BootClock.sleep(for: .milliseconds(1))
    }
    return all
  }

  private func isAbout(_ address: IPv6Address, _ state: NeighborState?) -> (NeighborChange) -> Bool
  {
    { $0.interface == ends.first && $0.address == address && $0.entry?.state == state }
  }

  @Test func `who asks is told as stale, who answers as reachable, who does not as failed`() throws
  {
    // The neighbor asks for us first.
    try shell(other, "ping -c 1 -W 2 -q 2001:db8::a >/dev/null")
    let heard = try changes(until: isAbout(neighbor, .stale))
    let stale = try #require(heard.first(where: isAbout(neighbor, .stale))?.entry)
    #expect(stale.linkLayerAddress == neighborAddress)
    #expect(try #require(stale.millisecondsSinceConfirmed) >= 10_000)
    #expect(!stale.isRouter)

    try shell(host, "ip -6 neigh flush all", "ping -c 1 -W 2 -q 2001:db8::b >/dev/null")
    let answered = try changes(until: isAbout(neighbor, .reachable))
    let reachable = try #require(answered.first(where: isAbout(neighbor, .reachable))?.entry)
    #expect(reachable.linkLayerAddress == neighborAddress)
    #expect(try #require(reachable.millisecondsSinceConfirmed) < 5_000)
    #expect(!answered.contains { $0.entry?.state == .incomplete })
    let known = try #require(try lookup.entry(for: neighbor, on: ends.first))
    #expect(known.linkLayerAddress == neighborAddress)
    #expect(try #require(known.millisecondsSinceConfirmed) < 5_000)

    try? shell(host, "ping -c 1 -W 1 -q 2001:db8::c >/dev/null")
    let silent = try changes(until: isAbout(stranger, .failed))
    #expect(silent.contains(where: isAbout(stranger, .failed)))
    #expect(!silent.contains { $0.entry?.state == .incomplete })
  }

  @Test func `the time since the last confirmation goes on`() throws {
    try shell(host, "ping -c 1 -W 2 -q 2001:db8::b >/dev/null")
    let first = try #require(try lookup.entry(for: neighbor, on: ends.first))
    BootClock.sleep(for: .milliseconds(300))
    let second = try #require(try lookup.entry(for: neighbor, on: ends.first))
    let difference =
      try #require(second.millisecondsSinceConfirmed)
      - #require(first.millisecondsSinceConfirmed)
    #expect((290...3_000).contains(difference), "\(difference) ms")
  }

  @Test func `a router and a deleted entry are told`() throws {
    try shell(
      host, "ip -6 neigh add 2001:db8::c lladdr 02:00:00:00:00:0c dev a0 nud stale router")
    let added = try changes(until: isAbout(stranger, .stale))
    #expect(added.first(where: isAbout(stranger, .stale))?.entry?.isRouter == true)
    try shell(host, "ip -6 neigh del 2001:db8::c dev a0")
    let deleted = try changes(until: isAbout(stranger, nil))
    #expect(deleted.contains(where: isAbout(stranger, nil)))
  }

  @Test func `an interface that goes takes its neighbors with it`() throws {
    for state in ["stale", "permanent", "reachable"] {
      try shell(
        host, "ip -6 neigh replace 2001:db8::c lladdr 02:00:00:00:00:0c dev a0 nud \(state)")
      _ = try changes(until: { _ in false }, within: .milliseconds(20))
      try shell(host, "ip link set a0 down")
      let deleted = try changes(until: isAbout(stranger, nil))
      #expect(deleted.contains(where: isAbout(stranger, nil)), "\(state)")
      try shell(host, "ip link set a0 up")
    }
  }

  static let silence = [
    "ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:0c dev a0 nud stale",
    "ip neigh change 192.0.2.7 lladdr 02:00:00:00:00:0d dev a0 nud reachable",
    "ip neigh del 192.0.2.7 dev a0",
    "bridge fdb add 02:00:00:00:00:0c dev a0 master static",
    "bridge fdb del 02:00:00:00:00:0c dev a0 master static",
    "ip -6 neigh add proxy 2001:db8::77 dev a0",
    "ip -6 neigh del proxy 2001:db8::77 dev a0",
    "ip -6 neigh add 2001:db8::78 lladdr 02:00:00:00:00:0c dev a0 nud permanent",
    "ip -6 neigh add 2001:db8::79 lladdr 02:00:00:00:00:0c dev a0 nud noarp",
  ]

  @Test func `what is not of IPv6 neighbors that were heard wakes nobody`() throws {
    try shell(host, "ip link add br0 type bridge", "ip link set a0 master br0")
    _ = try changes(until: { _ in false }, within: .milliseconds(200))
    for command in Self.silence {
      try shell(host, command)
      #expect(!isReadable(monitor), "\(command)")
      _ = try monitor.receive(atMost: 100) { _ in }
    }
  }

  @Test func `no more is handed over at once than is asked for, and losses are told`() throws {
    let batch = { (count: Int) in
      "sh -c 'i=0; while [ $i -lt \(count) ]; do i=$((i+1)); echo neigh replace 2001:db8::c"
        + " lladdr 02:00:00:00:00:$(printf %02x $((i % 256))) dev a0 nud stale;"
        + " done | ip -6 -batch -'"
    }
    try shell(host, batch(10))
    var told = 0
    #expect(try monitor.receive(atMost: 4) { _ in told += 1 })
    #expect(told == 4)
    #expect(try monitor.receive(atMost: 6) { _ in told += 1 })
    #expect(told == 10)
    #expect(try !monitor.receive(atMost: 1) { _ in told += 1 })
    #expect(told == 10)

    try shell(host, batch(9000))
    var isOverrun = false
    do throws(SystemError) {
      _ = try monitor.receive(atMost: 1) { _ in }
    } catch {
      isOverrun = error.isOverrun
    }
    #expect(isOverrun)
  }
}
