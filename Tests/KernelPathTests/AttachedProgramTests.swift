import Glibc
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import Testing

@testable import KernelPath

/// The program on a real link, with another host's IPv6 as the one that asks.
///
/// The host with the program has `a0`; the other one has `b0` in another namespace.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct AttachedProgramTests {
  private let host = try! NetworkNamespace()
  private let other = try! NetworkNamespace()
  private let ends: Veth
  private let maps: AnswerMaps
  private let program: BPFProgram
  private static let own = MACAddress("02:00:00:00:00:0a")!
  private static let host = HostChanges(
    stations: [own: true], addresses: [IPv6Address("2001:db8::a")!: true])

  init() throws {
    ends = try Veth(in: host)
    try shell(
      host, "ip link set b0 netns \(other.path)",
      "sysctl -qw net.ipv6.conf.a0.addr_gen_mode=1 net.ipv6.conf.a0.disable_ipv6=0",
      "ip address add fe80::a/64 dev a0 nodad", "ip address add 2001:db8::a/64 dev a0 nodad")
    try shell(
      other,
      "sysctl -qw net.ipv6.conf.b0.addr_gen_mode=1 net.ipv6.conf.b0.disable_ipv6=0"
        + " net.ipv6.neigh.b0.retrans_time_ms=100",
      "ip link set b0 up", "ip address add fe80::b/64 dev b0 nodad",
      "ip address add 2001:db8::b/64 dev b0 nodad")
    (maps, program) = try host.run {
      let maps = try AnswerMaps(AnswerCapacity(rules: 8, targets: 8))
      return (maps, try BPFProgram(answeringBy: maps))
    }
    try maps.add(
      [
        AnswerRule(IPv6Prefix("2001:db8::ff:0/112")!, .static, countedAt: 0),
        AnswerRule(IPv6Prefix("2001:db8::ff:8000/113")!, .conditional, countedAt: 1),
        AnswerRule(IPv6Prefix("2001:db8::ff:ff00/120")!, .excluded, countedAt: 2),
      ], on: UInt32(ends.first))
    try maps.update([link()], Self.host)
  }

  private func link(isRouter: Bool = true, answersEarly: Bool = false) -> AnswerLink {
    func own(_ text: String) -> (address: IPv6Address, prefix: IPv6Prefix) {
      (IPv6Address(text)!, IPv6Prefix(IPv6Address(text)!, length: 64))
    }
    return AnswerLink(
      interface: UInt32(ends.first), linkLayerAddress: Self.own, isRouter: isRouter,
      isOverride: false, linkLocalSource: IPv6Address("fe80::a")!,
      places: [(IPv6Prefix("2001:db8::/64")!, IPv6Address("2001:db8::a")!)],
      answersAsTarget: false,
      answersEarly: answersEarly,
      addresses: [own("fe80::a"), own("2001:db8::a")])
  }

  /// Whether the other host finds a link-layer address for a target; it tries three times.
  private func isResolved(_ target: String) throws -> Bool {
    try shell(other, "ip -6 neigh flush to \(target)")
    try? shell(other, "ping -c 1 -W 1 -q \(target) >/dev/null 2>&1")
    let found: Void? = try? shell(
      other, "ip -6 neigh show \(target) | grep -q 'lladdr 02:00:00:00:00:0a'")
    return found != nil
  }

  private func attach() throws -> ProgramLink {
    try host.run { try ProgramLink(program, on: ends.first) }
  }

  @Test func `another host's kernel takes the answer, and nobody answers once it is gone`() throws {
    #expect(try !isResolved("2001:db8::ff:10"))
    do {
      let attached = try attach()
      #expect(try isResolved("2001:db8::ff:10"))
      #expect(try isResolved("2001:db8::ff:11"))
      let counts = try (0..<3).map {
        try maps.answerCount(ofRule: $0, processors: PossibleProcessors.count)
      }
      #expect(counts[0] >= 2 && counts[1...].allSatisfy { $0 == 0 })
      // Excluded, and by the kernel itself.
      #expect(try !isResolved("2001:db8::ff:ff10"))
      #expect(try isResolved("2001:db8::a"))
      withExtendedLifetime(attached) {}
    }
    #expect(try !isResolved("2001:db8::ff:10"))
  }

  @Test func `a target is answered for as long as it was said to be there`() throws {
    let attached = try attach()
    let target = IPv6Address("2001:db8::ff:8010")!
    #expect(try !isResolved("\(target)"))
    let now = BootClock.nanoseconds
    try maps.set(target, on: UInt32(ends.first), until: now + 60_000_000_000, routesAt: nil)
    #expect(try isResolved("\(target)"))
    let usage = try #require(try maps.take(target, on: UInt32(ends.first)))
    #expect(usage.count >= 1 && usage.asked >= now)
    try maps.set(target, on: UInt32(ends.first), until: now, routesAt: nil)
    #expect(try !isResolved("\(target)"))
    try maps.set(target, on: UInt32(ends.first), until: now + 60_000_000_000, routesAt: nil)
    let unused = try #require(try maps.take(target, on: UInt32(ends.first)))
    #expect(unused.count == 0)
    #expect(try !isResolved("\(target)"))
    #expect(try maps.take(target, on: UInt32(ends.first)) == nil)
    withExtendedLifetime(attached) {}
  }

  @Test func `what is different about an interface counts at once`() throws {
    let attached = try attach()
    try maps.update([link(isRouter: false)], HostChanges())
    #expect(try isResolved("2001:db8::ff:10"))
    // Nothing is answered to a station whose link-layer address is one of ours.
    let other = MACAddress("02:00:00:00:00:0b")!
    try maps.update([link()], HostChanges(stations: [other: true]))
    #expect(try !isResolved("2001:db8::ff:10"))
    try maps.update([link()], HostChanges(stations: [other: false]))
    #expect(try isResolved("2001:db8::ff:10"))
    try maps.update([], HostChanges())
    #expect(try !isResolved("2001:db8::ff:10"))
    withExtendedLifetime(attached) {}
  }

  @Test func `programs of others have their turn in the order in which they came`() throws {
    // Drops every packet.
    let drop = BPFProgram.Code(
      instructions: [0x0000_0002_0000_00b7, 0x0000_0000_0000_0095], relocations: [])
    let other = try host.run { try BPFProgram(drop, maps: [:]) }
    do {
      let first = try host.run { try ProgramLink(other, on: ends.first) }
      let second = try attach()
      #expect(try !isResolved("2001:db8::ff:10"))
      withExtendedLifetime((first, second)) {}
    }
    let first = try attach()
    let second = try host.run { try ProgramLink(other, on: ends.first) }
    #expect(try isResolved("2001:db8::ff:10"))
    // What is not answered goes on to the other one, which drops it.
    #expect(try !isResolved("2001:db8::a"))
    withExtendedLifetime((first, second)) {}
  }

  @Test func `others' programs are told from ours, which pass on what they do not answer`() throws {
    let pass = BPFProgram.Code(instructions: [0x0000_0002_0000_00b7, 0x0000_0000_0000_0095])
    let next = BPFProgram.Code(instructions: [0xffff_ffff_0000_00b7, 0x0000_0000_0000_0095])
    func seen() throws -> [TrafficFilter.Kind] {
      try host.run { try TrafficFilter.readAll(at: [ends.first]).map(\.kind) }
    }
    let early = try host.run { try BPFProgram(answeringEarlyBy: maps) }
    do {
      let ours = try attach()
      let driver = try host.run { try ProgramLink(early, on: ends.first, at: .driver) }
      #expect(try seen() == [])
      let others = try host.run {
        try ProgramLink(try BPFProgram(next, named: "somebody", maps: [:]), on: ends.first)
      }
      #expect(try seen() == [.tcxIngress])
      withExtendedLifetime((ours, driver, others)) {}
    }
    let driver = try host.run {
      try ProgramLink(
        try BPFProgram(pass, as: .early, named: "", maps: [:]), on: ends.first, at: .driver)
    }
    #expect(try seen() == [.expressDataPath])
    withExtendedLifetime(driver) {}
  }

  @Test func `the driver has room for one program, and others come behind it`() throws {
    // Only to such an end veth(4) delivers what a driver sends.
    let pass = BPFProgram.Code(instructions: [0x0000_0002_0000_00b7, 0x0000_0000_0000_0095])
    let otherEnd = try other.run {
      try ProgramLink(
        try BPFProgram(pass, as: .early, maps: [:]), on: Int32(if_nametoindex("b0")), at: .driver)
    }
    defer { withExtendedLifetime(otherEnd) {} }
    try maps.update([link(answersEarly: true)], HostChanges())
    let early = try host.run { try BPFProgram(answeringEarlyBy: maps) }
    do {
      let first = try host.run { try ProgramLink(early, on: ends.first, at: .driver) }
      #expect {
        _ = try host.run { try ProgramLink(early, on: ends.first, at: .driver) }
      } throws: {
        ($0 as? SystemError)?.code == .busy
      }
      #expect(try isResolved("2001:db8::ff:10"))
      #expect(try !isResolved("2001:db8::ff:ff10"))
      #expect(try isResolved("2001:db8::a"))
      withExtendedLifetime(first) {}
    }
    #expect(try !isResolved("2001:db8::ff:10"))
  }

  /// As on kernels before 6.6.
  @Test func `a filter of traffic control does the same, and is removed`() throws {
    func filters() throws -> Bool {
      (try? shell(host, "tc filter show dev a0 ingress | grep -q ndpproxy")) != nil
    }
    do {
      let attached = try host.run { try FilterLink(program, on: ends.first) }
      #expect(try filters() && attached.isAttached)
      #expect(try isResolved("2001:db8::ff:10"))
      #expect(try !isResolved("2001:db8::ff:ff10"))
      #expect(try isResolved("2001:db8::a"))
      try attached.replace(by: try host.run { try BPFProgram(answeringBy: maps) })
      #expect(try isResolved("2001:db8::ff:11"))
      withExtendedLifetime(attached) {}
    }
    #expect(try !filters())
    #expect(try !isResolved("2001:db8::ff:10"))
    // What a process that was killed has left behind.
    let left = try host.run { try IngressFilters() }
    try left.set(program.descriptor, on: ends.first)
    #expect(try isResolved("2001:db8::ff:10"))
    try left.remove(from: ends.first)
    #expect(try !isResolved("2001:db8::ff:10") && !filters())
  }

  @Test func `the filter of somebody else is left alone`() throws {
    let priority = IngressFilters.priority
    try shell(
      host, "tc qdisc add dev a0 clsact",
      "tc filter add dev a0 ingress protocol ipv6 prio \(priority) handle 1 bpf da"
        + " bytecode '1,6 0 0 4294967295,'")
    #expect(throws: (any Error).self) {
      try host.run { try FilterLink(program, on: ends.first) }
    }
    let filters = try host.run { try IngressFilters() }
    try filters.remove(from: ends.first)
    try shell(host, "tc filter show dev a0 ingress | grep -q bytecode")
  }

  @Test func `this kernel has TCX`() throws {
    let hook = try host.run { try ProgramHook() }
    #expect(hook == .tcx)
  }

  @Test func `a program takes the place of another without a packet lost`() throws {
    let attached = try attach()
    let newer = try host.run { try BPFProgram(answeringBy: maps) }
    for _ in 0..<20 {
      try attached.replace(by: newer)
      #expect(try isResolved("2001:db8::ff:10"))
      try attached.replace(by: program)
    }
    #expect(attached.isAttached)
    try shell(host, "ip link delete a0")
    #expect(!attached.isAttached)
  }

  @Test func `the filter of system calls leaves only the commands that are named`() async {
    await #expect(processExitsWith: .success) {
      let create = CInt(BPFCommand.createMap.rawValue)
      try SystemCallFilter.install(programCommands: [create])
      let map = try BPFMap<UInt32, UInt32>(.hash, named: "test", capacity: 1)
      do throws(SystemError) {
        try map.set(1, to: 1)
      } catch {
        exit(error.code == .notPermitted ? 0 : 1)
      }
      exit(2)
    }
  }

  @Test func `the verifier's last words are told`() {
    let code = BPFProgram.Code(instructions: [0x0000_0000_0000_0095], relocations: [])
    #expect {
      _ = try host.run { try BPFProgram(code, maps: [:]) }
    } throws: {
      // It ends without saying what is to become of the packet.
      "\($0)".contains("R0 !read_ok")
    }
  }
}

/// What was compiled is what is in the tree.
struct GeneratedProgramTests {
  @Test func `the program's octets are those of its source`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let directory = "/tmp/ndpproxy-answer-\(UInt32.random(in: 0 ... .max))"
    defer { try? shellHere("rm -rf \(directory)") }
    try shellHere("/\(root)/scripts/build-kernel-path \(directory)")
    try shellHere("diff -ru /\(root)/Sources/KernelPath/Generated \(directory)")
  }
}
