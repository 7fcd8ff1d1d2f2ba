import CLinux
import Glibc
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

@testable import LinuxNet

/// What a storm of changes may cost, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct StormTests {
  /// Adds so many addresses to `lo`, each of which is one notification.
  private func addAddresses(_ count: Int, in namespace: NetworkNamespace) throws {
    try shell(
      namespace,
      "sh -c 'i=0; while [ $i -lt \(count) ]; do i=$((i+1));"
        + " echo address add 2001:db8:7::$i/128 dev lo; done | ip -6 -batch -'")
  }

  @Test func `a storm of changes is handed over in turns, and nothing of it is lost`() async throws
  {
    let namespace = try NetworkNamespace()
    try shell(namespace, "ip link set lo up")
    let monitor = try namespace.run { try HostMonitor() }
    let count = 100
    try addAddresses(count, in: namespace)
    var told: Set<IPv6Address> = []
    var turns = 0
    var isMoreWaiting = true
    while isMoreWaiting {
      var inTurn = 0
      isMoreWaiting = try monitor.receive {
        if case .address(let address) = $0 { told.insert(address.address) }
        inTurn += 1
      }
      #expect(inTurn <= HostMonitor.datagramLimit)
      turns += 1
    }
    #expect(told.count == count)
    #expect(turns > count / HostMonitor.datagramLimit)
    // The kernel tells of the end of duplicate address detection a little later.
    let isOver: Bool? = try await poll(within: .seconds(5)) {
      _ = try monitor.receive { _ in }
      return isReadable(monitor) ? nil : true
    }
    #expect(isOver == true)
  }

  @Test func `what came before a reading is dropped up to a bound, and then later`() throws {
    let namespace = try NetworkNamespace()
    try shell(namespace, "ip link set lo up")
    let socket = try namespace.run {
      try NetlinkSocket(groups: UInt32(RTMGRP_LINK | RTMGRP_IPV6_IFADDR))
    }
    try addAddresses(100, in: namespace)
    for _ in 0..<2 {
      let failure = #expect(throws: SystemError.self) { try socket.discardAll(atMost: 50) }
      #expect(failure?.isOverrun == true)
    }
    // What is left, and the news of the end of duplicate address detection.
    try socket.discardAll()
  }

  @Test func `routes are told to change until that is taken up, and cost little until then`() throws
  {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    try shell(namespace, "ip link set lo up")
    let routes = try namespace.run { try RouteMonitor() }
    #expect(!isReadable(routes))
    // Nobody takes up the news of 500 changes, and then of another one.
    for round in 1...2 {
      try shell(
        namespace,
        "sh -c 'i=0; while [ $i -lt 500 ]; do i=$((i+1));"
          + " echo route add 2001:db8:$i::/64 dev lo metric \(round); done | ip -6 -batch -'")
      #expect(isReadable(routes))
      let hasChanged = try routes.takeChanges()
      #expect(hasChanged)
      // One call has taken all of it.
      #expect(!isReadable(routes))
      let isQuiet = try !routes.takeChanges()
      #expect(isQuiet)
    }
    try shell(namespace, "ip -6 route del 2001:db8:1::/64 metric 1")
    #expect(try routes.takeChanges())
  }

  static let news: [(String, Bool)] = [
    ("ip -6 route add 2001:db8:1::/64 dev lo", true),
    ("ip -6 rule add iif lo lookup 77", true),
    ("ip -6 nexthop add id 1 dev a0", true),
    ("ip -6 route add 2001:db8:2::1 dev lo proto 112", false),
    ("ip route add 192.0.2.0/24 dev lo", false),
    ("ip rule add to 192.0.2.0/24 lookup 77", false),
    ("ip nexthop add id 2 blackhole", false),
  ]

  @Test func `whatever may lead IPv6 elsewhere is news, and nothing else`() throws {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    try shell(
      namespace, "ip link set lo up", "sysctl -qw net.ipv6.conf.a0.disable_ipv6=0",
      "sysctl -qw net.ipv6.conf.a0.addr_gen_mode=1")
    let routes = try namespace.run { try RouteMonitor() }
    _ = try routes.takeChanges()
    for (command, isNews) in Self.news {
      try shell(namespace, command)
      #expect(isReadable(routes) == isNews, "\(command)")
      #expect(try routes.takeChanges() == isNews, "\(command)")
    }
  }

  @Test func `a change that somebody asked an echo of is not lost while a table is read`() throws {
    let namespace = try NetworkNamespace()
    try shell(namespace, "ip link set lo up")
    try shell(
      namespace,
      "sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i+1));"
        + " echo link add v$i type veth peer name w$i; done | ip -batch -'")
    let monitor = try namespace.run { try HostMonitor() }
    let requester = try namespace.run { try NetlinkSocket(groups: 0) }
    let index = Int32(namespace.run { if_nametoindex("v1") })
    // Its request has another number than ours, as almost everybody's has.
    for _ in 0..<10 {
      _ = try requester.ask(RTM_GETLINK, payload: request(about: index)) { _, _ in }
    }
    var told: [HostChange] = []
    var answers = 0
    // The table is read in several parts, and a link goes after the first.
    var isInterrupted = false
    do throws(SystemError) {
      try monitor.readAll { change in
        told.append(change)
        guard told.count == 1 else { return }
        do {
          let refusal = try requester.ask(
            RTM_DELLINK, flags: Int(NLM_F_ACK | NLM_F_ECHO), payload: request(about: index)
          ) { _, _ in answers += 1 }
          #expect(refusal == nil)
        } catch {
          Issue.record("\(error)")
        }
      }
    } catch {
      // The kernel says that the table is no longer the same; what it tells counts all the same.
      isInterrupted = error.isOverrun
    }
    #expect(isInterrupted)
    while try monitor.receive({ told.append($0) }) {}
    // The echo, which carries the number of the request, and the acknowledgement.
    #expect(answers >= 2)
    #expect(told.contains(.linkRemoved(index)))
    let links = told.compactMap { if case .link(let link) = $0 { link.name } else { nil } }
    #expect(Set(links).count >= 200)
  }

  /// `struct ifinfomsg`.
  private func request(about index: Int32) -> [UInt8] {
    var payload: [UInt8] = [0, 0, 0, 0]
    payload.append(native: index)
    return payload + [UInt8](repeating: 0, count: 8)
  }
}

/// Whether there is something to receive now.
func isReadable(_ source: some Pollable) -> Bool {
  var request = pollfd(fd: source.pollDescriptor, events: Int16(POLLIN), revents: 0)
  return poll(&request, 1, 0) == 1
}
