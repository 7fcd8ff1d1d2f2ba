import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// What is put into the kernel's neighbor cache, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct NeighborTableTests {
  private let namespace = try! NetworkNamespace()
  private let ends: Veth
  private let table: NeighborTable
  private let lookup: NeighborLookup

  private let target = IPv6Address("2001:db8::77")!
  private let place = MACAddress("02:00:00:00:00:0b")!

  init() throws {
    ends = try Veth(in: namespace)
    try shell(
      namespace, "ip link set lo up",
      "sysctl -qw net.ipv6.conf.a0.addr_gen_mode=1 net.ipv6.conf.a0.disable_ipv6=0",
      "ip address add 2001:db8::a/64 dev a0 nodad")
    (table, lookup) = try namespace.run { (try NeighborTable(), try NeighborLookup()) }
  }

  @Test func `the first packet goes to an offered neighbor without any question`() throws {
    #expect(try table.offer(target, at: place, on: ends.first))
    let entry = try #require(try lookup.entry(for: target, on: ends.first))
    #expect(entry.state == .stale && entry.linkLayerAddress == place)
    #expect(try sentFrames().first == .init(isSolicitation: false, destination: place))
  }

  @Test func `without an offer the kernel asks everybody first`() throws {
    #expect(try sentFrames().first?.isSolicitation == true)
  }

  private struct SentFrame: Equatable {
    let isSolicitation: Bool
    let destination: MACAddress
  }

  /// What `a0` sends when somebody pings the target, until the first echo request or for a second.
  private func sentFrames() throws -> [SentFrame] {
    var capture = try namespace.run {
      try PacketCapture(
        interface: "b0", filter: "ip6 and (icmp6[0] == 135 or icmp6[0] == 128)")
    }
    try? shell(namespace, "ping -c 1 -W 1 -q 2001:db8::77 >/dev/null")
    var frames: [SentFrame] = []
    while let frame = try capture.next() {
      let type = frame.octets[54]
      let address = frame.octets[..<6].reduce(0) { $0 << 8 | UInt64($1) }
      frames.append(
        SentFrame(isSolicitation: type == 135, destination: MACAddress(bits: address)))
    }
    return frames
  }

  @Test(arguments: [
    "permanent", "noarp", "reachable", "stale", "delay", "probe", "incomplete",
    "failed",
  ])
  func `an entry of any state is left as it is`(state: String) throws {
    try shell(
      namespace,
      "sysctl -qw net.ipv6.neigh.a0.retrans_time_ms=60000"
        + " net.ipv6.neigh.a0.delay_first_probe_time=60",
      "ip -6 neigh add 2001:db8::77 lladdr 02:00:00:00:00:0c dev a0 nud \(state)")
    // One that is entered as delayed is probed from the kernel's next tick on.
    for _ in 0..<100 where try lookup.entry(for: target, on: ends.first)?.state == .delay {
      BootClock.sleep(for: .milliseconds(10))
    }
    let before = try #require(try lookup.entry(for: target, on: ends.first))
    #expect(try !table.offer(target, at: place, on: ends.first))
    let after = try #require(try lookup.entry(for: target, on: ends.first))
    #expect(after.state == before.state)
    #expect(after.linkLayerAddress == before.linkLayerAddress)
  }

  @Test func `an offer shows whose it is, and is refused where there is no interface`() throws {
    #expect(try table.offer(target, at: place, on: ends.first))
    try shell(
      namespace, "sh -c 'ip -6 neigh show proto 112 | grep -q \"^2001:db8::77 .* STALE\"'")
    #expect(throws: SystemError.self) { try table.offer(target, at: place, on: 9999) }
  }
}
