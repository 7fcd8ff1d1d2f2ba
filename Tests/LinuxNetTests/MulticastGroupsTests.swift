import Glibc
import LinuxNet
import LinuxSupport
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Groups of an interface on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct MulticastGroupsTests {
  private let namespace: NetworkNamespace
  private let index: Int32

  /// Before Linux 6.8 this is one number for the whole host, which is not ours to change.
  private static let canLimitMemory =
    (try? NetworkNamespace())?.run { access("/proc/sys/net/core/optmem_max", W_OK) == 0 } == true

  init() throws {
    namespace = try NetworkNamespace()
    try shell(
      namespace, "sysctl -qw net.ipv6.conf.default.accept_dad=0",
      "ip link add a0 type veth peer name b0", "ip link set a0 up", "ip link set b0 up")
    index = namespace.run { Int32(if_nametoindex("a0")) }
  }

  private func groups(_ numbers: Range<UInt32>) -> [IPv6Address] {
    let base = IPv6Address("ff02::1:ff00:0")!.bits
    return numbers.map { IPv6Address(bits: base + UInt128($0)) }
  }

  private func text(of file: String) -> String {
    namespace.run {
      let octets = (try? RegularFile("/proc/thread-self/net/\(file)", limit: 1 << 20).octets) ?? []
      return String(decoding: octets, as: UTF8.self)
    }
  }

  /// How many of the groups the kernel says the interface is in.
  private func count(of groups: [IPv6Address]) -> Int {
    let joined = Set(
      text(of: "igmp6").split(separator: "\n").compactMap { line -> Substring? in
        let words = line.split(separator: " ")
        return words.count > 2 && words[1] == "a0" ? words[2] : nil
      })
    return groups.count { group in
      let digits = String(group.bits, radix: 16)
      return joined.contains(Substring(String(repeating: "0", count: 32 - digits.count) + digits))
    }
  }

  private var reportCount: Int {
    let line = text(of: "snmp6").split(separator: "\n").first {
      $0.hasPrefix("Icmp6OutMLDv2Reports")
    }
    return line.flatMap { $0.split { $0.isWhitespace }.last }.flatMap { Int($0) } ?? -1
  }

  /// How many reports were sent once no more are.
  private func settledReportCount() async throws -> Int {
    var last = reportCount
    #expect(last > 0, "the kernel has told of its own groups")
    var quiet = 0
    while quiet < 15 {
      try await Task.sleep(for: .milliseconds(100))
      quiet = reportCount == last ? quiet + 1 : 0
      last = reportCount
    }
    return last
  }

  @Test(.enabled(if: canLimitMemory))
  func `more groups than one socket may have are all joined`() throws {
    try shell(namespace, "sysctl -qw net.core.optmem_max=20480")
    let wanted = groups(0..<512)
    var members = MulticastGroups(interfaceIndex: index)
    let outcome = namespace.run { members.update(to: wanted) }
    #expect(outcome.joinedCount == 512 && outcome.refusedCount == 0 && outcome.firstError == nil)
    #expect(count(of: wanted) == 512)
  }

  @Test(.enabled(if: canLimitMemory))
  func `where not all can be joined the rest is, and is not tried again`() async throws {
    // Some eighteen to a socket.
    try shell(namespace, "sysctl -qw net.core.optmem_max=1024")
    let wanted = groups(0..<512)
    var members = MulticastGroups(interfaceIndex: index)
    let outcome = namespace.run { members.update(to: wanted) }
    #expect(outcome.joinedCount > MulticastGroups.socketLimit && outcome.refusedCount > 0)
    #expect(outcome.joinedCount + outcome.refusedCount == 512)
    #expect(outcome.isMemoryShort)
    #expect(count(of: wanted) == outcome.joinedCount)
    let reports = try await settledReportCount()
    // Even where there would be room by now.
    try shell(namespace, "sysctl -qw net.core.optmem_max=20480")
    let same = namespace.run { members.update(to: wanted) }
    #expect(same == outcome)
    #expect(try await settledReportCount() == reports)
    #expect(count(of: wanted) == outcome.joinedCount)
    // Who asks for it, and who has other groups, gets them.
    let again = namespace.run { members.retry() }
    #expect(again.joinedCount == 512 && again.refusedCount == 0)
    #expect(count(of: wanted) == 512)
  }

  /// Each report is sent as often as the robustness variable says (RFC 3810 §6.1), 2 here.
  @Test func `one group more is one report, and one group less leaves that alone`() async throws {
    var members = MulticastGroups(interfaceIndex: index)
    namespace.run { _ = members.update(to: groups(0..<40)) }
    let before = try await settledReportCount()
    namespace.run { _ = members.update(to: groups(0..<41)) }
    #expect(try await settledReportCount() == before + 2)
    #expect(count(of: groups(0..<41)) == 41)
    namespace.run { _ = members.update(to: groups(1..<41)) }
    #expect(try await settledReportCount() == before + 4)
    #expect(count(of: groups(0..<41)) == 40 && count(of: groups(0..<1)) == 0)
    namespace.run { _ = members.update(to: groups(1..<41)) }
    #expect(try await settledReportCount() == before + 4)
  }

  @Test func `groups beyond the limit are refused, and told`() {
    let limit = UInt32(MulticastGroups.limit)
    let wanted = groups(0..<limit + 3)
    var members = MulticastGroups(interfaceIndex: index)
    let outcome = namespace.run { members.update(to: wanted + wanted) }
    #expect(outcome.joinedCount == MulticastGroups.limit && outcome.refusedCount == 3)
    #expect(outcome.firstError != nil && !outcome.isMemoryShort)
    #expect(count(of: wanted) == MulticastGroups.limit)
    let fewer = namespace.run { members.update(to: groups(3..<limit + 3)) }
    #expect(fewer.refusedCount == 0 && fewer.joinedCount == MulticastGroups.limit)
    #expect(count(of: groups(3..<limit + 3)) == MulticastGroups.limit)
  }

  @Test func `what is no group spoils no other`() {
    var members = MulticastGroups(interfaceIndex: index)
    let wanted = [IPv6Address("2001:db8::1")!] + groups(0..<3)
    let outcome = namespace.run { members.update(to: wanted) }
    #expect(outcome.joinedCount == 3 && outcome.refusedCount == 1)
    #expect(outcome.firstError?.operation.contains("2001:db8::1") == true)
    #expect(count(of: groups(0..<3)) == 3)
  }

  @Test func `an interface without IPv6 is tried again`() throws {
    try shell(namespace, "ip link set a0 mtu 1000")
    var members = MulticastGroups(interfaceIndex: index)
    let refused = namespace.run { members.update(to: groups(0..<3)) }
    #expect(refused.joinedCount == 0 && refused.refusedCount == 3 && !refused.isMemoryShort)
    try shell(namespace, "ip link set a0 mtu 1500")
    let joined = namespace.run { members.update(to: groups(0..<3)) }
    #expect(joined.joinedCount == 3)
    #expect(count(of: groups(0..<3)) == 3)
  }

  @Test func `all are left with the value, or when it forgets them`() async throws {
    do {
      var members = MulticastGroups(interfaceIndex: index)
      namespace.run { _ = members.update(to: groups(0..<3)) }
      #expect(count(of: groups(0..<3)) == 3)
      members.removeAll()
      #expect(count(of: groups(0..<3)) == 0)
      namespace.run { _ = members.update(to: groups(0..<3)) }
      #expect(count(of: groups(0..<3)) == 3)
    }
    // A process that another test starts has a copy of the socket until it runs its program.
    let isOver: Bool? = try await poll(within: .seconds(5)) {
      count(of: groups(0..<3)) == 0 ? true : nil
    }
    #expect(isOver == true)
  }
}
