import CLinux
import Glibc
package import LinuxNet

/// The chain FORWARD of the table `filter` of ip6tables-legacy (ip6_tables in the kernel).
package struct LegacyForwardChain: Equatable, Sendable {
  /// Whether packets are dropped that no rule of the chain accepts.
  package let dropsByDefault: Bool
  /// How many rules the chain has.
  package let ruleCount: Int

  package init(dropsByDefault: Bool, ruleCount: Int) {
    self.dropsByDefault = dropsByDefault
    self.ruleCount = ruleCount
  }

  /// Reads the chain of the thread's network namespace; `nil` where the table is not in use.
  ///
  /// Call it only where /proc/net/ip6_tables_names has the table: else the kernel makes one.
  /// Requires CAP_NET_ADMIN.
  package static func read() throws(SystemError) -> LegacyForwardChain? {
    let operation = "read the table 'filter' of ip6tables-legacy"
    let number = try call(operation) { socket(AF_INET6, CInt(SOCK_RAW.rawValue), rawProtocol) }
    let descriptor = Descriptor(owning: number)
    var info = name + [UInt8](repeating: 0, count: Layout.infoLength - name.count)
    try ask(descriptor, getInfo, &info, operation)
    let size: UInt32 = unsafe info.span.bytes.native(at: Layout.size)
    guard size <= Layout.largest else { return nil }
    var entries = name
    entries.append(native: size)
    entries += [UInt8](repeating: 0, count: Layout.entries - entries.count + Int(size))
    try ask(descriptor, getEntries, &entries, operation)
    return unsafe LegacyForwardChain(
      information: info.span.bytes,
      entries: entries.span.bytes.extracting(droppingFirst: Layout.entries))
  }

  /// Reads `struct ip6t_getinfo`, and the entries that belong to it.
  ///
  /// `nil` where they contradict each other.
  init?(information: RawSpan, entries: RawSpan) {
    guard information.byteCount >= Layout.infoLength else { return nil }
    let policy = Int(information.native(at: Layout.underflow, as: UInt32.self))
    var offset = Int(information.native(at: Layout.hookEntry, as: UInt32.self))
    var count = 0
    while offset < policy {
      guard offset + Layout.entryLength <= entries.byteCount else { return nil }
      let length = Int(entries.native(at: offset + Layout.nextOffset, as: UInt16.self))
      guard length >= Layout.entryLength else { return nil }
      offset += length
      count += 1
    }
    guard offset == policy, policy + Layout.entryLength <= entries.byteCount else { return nil }
    let target = policy + Int(entries.native(at: policy + Layout.targetOffset, as: UInt16.self))
    guard target + Layout.verdict + 4 <= entries.byteCount else { return nil }
    // A verdict that ends is written as -1 minus what it is (NF_DROP is 0).
    let verdict: Int32 = entries.native(at: target + Layout.verdict)
    self.init(dropsByDefault: verdict == -1, ruleCount: count)
  }

  /// Offsets and lengths in octets, of <linux/netfilter_ipv6/ip6_tables.h> on 64-bit machines.
  private enum Layout {
    static let infoLength = 84
    /// `hook_entry` and `underflow`, of the hook FORWARD (2).
    static let hookEntry = 36 + 2 * 4
    static let underflow = 56 + 2 * 4
    static let size = 80
    /// Where the entries begin in `struct ip6t_get_entries`.
    static let entries = 40
    static let entryLength = 168
    static let targetOffset = 140
    static let nextOffset = 142
    /// In `struct xt_standard_target`.
    static let verdict = 32
    /// More is not read: some 30,000 rules.
    static let largest: UInt32 = 8 << 20
  }

  /// The table's, as the kernel wants it.
  private static let name = Array("filter".utf8) + [UInt8](repeating: 0, count: 26)

  private static func ask(
    _ descriptor: borrowing Descriptor, _ option: CInt, _ octets: inout [UInt8],
    _ operation: String
  ) throws(SystemError) {
    var length = socklen_t(octets.count)
    let number = descriptor.number
    let status = unsafe octets.withUnsafeMutableBytes {
      unsafe getsockopt(number, CInt(IPPROTO_IPV6), option, $0.baseAddress, &length)
    }
    guard status == 0 else { throw SystemError(operation, ErrorNumber(rawValue: errno)) }
  }
}

// IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES, and IPPROTO_RAW, which Swift does not see.
private let getInfo: CInt = 64
private let getEntries: CInt = 65
private let rawProtocol: CInt = 255
