import CLinux
import CPcap
package import NDPWire

/// A classic BPF program that lets only what can concern us wake the process.
///
/// libpcap compiles what its language can say: ICMPv6 type and hop limit, no extension headers,
/// and the targets' prefixes. What it cannot say is prepended: frames for other hosts, which are
/// also how tagged frames of an absent VLAN look, and frames that we sent ourselves.
package struct PacketFilter: Equatable {
  /// The expression that libpcap compiled.
  package let expression: String
  private(set) var program: [Instruction]

  /// One instruction, laid out like the kernel's `sock_filter`.
  struct Instruction: Equatable {
    var code: UInt16
    var jumpTrue: UInt8 = 0
    var jumpFalse: UInt8 = 0
    var constant: UInt32
  }

  /// How many prefixes are compared in the kernel; more are covered by as many shorter ones.
  ///
  /// To compare costs next to nothing, but libpcap takes ten times as long for four times as many
  /// ('ndpbench cost'), and a program may have 4096 instructions.
  package static let prefixLimit = 64

  /// Lets through solicitations for targets inside any of `prefixes`, and advertisements if wanted.
  ///
  /// Of more than `limit` prefixes, as many shorter ones are compared.
  package init(
    solicitationsFor prefixes: [IPv6Prefix], advertisements: Bool,
    limit: Int = PacketFilter.prefixLimit
  ) {
    var messages: [String] = []
    if !prefixes.isEmpty { messages.append(Self.solicitations(for: prefixes, limit: limit)) }
    if advertisements { messages.append("ip6[40] == 136") }
    guard !messages.isEmpty else {
      self = .nothing
      return
    }
    let header = "ip6 and ip6[6] == 58 and ip6[7] == 255"
    expression = "\(header) and (\(messages.joined(separator: " or ")))"
    program = Self.foreignFrames + Self.compile(expression)
  }

  private init(expression: String, program: [Instruction]) {
    (self.expression, self.program) = (expression, program)
  }

  /// Lets nothing through.
  package static let nothing = PacketFilter(expression: "nothing", program: [reject])

  /// Lets through what an expression of pcap-filter(7) accepts, where it is for this host.
  ///
  /// The expression is the program's own: one that does not compile traps.
  package init(matching expression: String) {
    self.expression = expression
    program = Self.foreignFrames + Self.compile(expression)
  }

  private static let reject = Instruction(code: UInt16(BPF_RET | BPF_K), constant: 0)

  private static func solicitations(for prefixes: [IPv6Prefix], limit: Int) -> String {
    let type = "ip6[40] == 135"
    guard let covers = IPv6Prefix.covers(of: prefixes, limit: limit) else { return type }
    return "(\(type) and (\(field(at: targetOffset, isInAnyOf: covers))))"
  }

  /// Where the target address stands in the IPv6 packet.
  private static let targetOffset = 48

  private static func field(at offset: Int, isInAnyOf prefixes: [IPv6Prefix]) -> String {
    prefixes.map { "(\(comparison(ofFieldAt: offset, with: $0)))" }.joined(separator: " or ")
  }

  /// libpcap compares up to 4 octets at once.
  private static func comparison(ofFieldAt offset: Int, with prefix: IPv6Prefix) -> String {
    let words = (prefix.length + 31) / 32
    return (0..<words).map { word in
      let value = UInt32(truncatingIfNeeded: prefix.address.bits >> (96 - 32 * word))
      let bits = min(prefix.length - 32 * word, 32)
      let field = "ip6[\(offset + 4 * word):4]"
      let mask = UInt32.max << (32 - bits)
      return bits == 32 ? "\(field) == \(value)" : "\(field) & \(mask) == \(value)"
    }.joined(separator: " and ")
  }

  /// Drops `PACKET_OTHERHOST` and `PACKET_OUTGOING`, and goes on behind its last instruction.
  private static let foreignFrames = [
    Instruction(
      code: UInt16(BPF_LD | BPF_B | BPF_ABS),
      constant: UInt32(bitPattern: SKF_AD_OFF + SKF_AD_PKTTYPE)),
    Instruction(
      code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jumpTrue: 1, constant: UInt32(PACKET_OTHERHOST)),
    Instruction(
      code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jumpFalse: 1, constant: UInt32(PACKET_OUTGOING)),
    reject,
  ]

  private static func compile(_ expression: String) -> [Instruction] {
    // Longer than any frame: what a socket's buffer cannot hold must show as truncated.
    let snapshotLength: CInt = 1 << 18
    guard let dead = unsafe pcap_open_dead(DLT_EN10MB, snapshotLength) else {
      fatalError("libpcap is out of memory")
    }
    defer { unsafe pcap_close(dead) }
    var compiled = unsafe bpf_program()
    let unknownNetmask: UInt32 = 0xffff_ffff
    guard unsafe pcap_compile(dead, &compiled, expression, 1, unknownNetmask) == 0 else {
      // The expressions are all ours: one that does not compile is our mistake.
      fatalError("libpcap refuses \(expression): \(unsafe String(cString: pcap_geterr(dead)))")
    }
    defer { unsafe pcap_freecode(&compiled) }
    let instructions = unsafe UnsafeBufferPointer(
      start: compiled.bf_insns, count: Int(compiled.bf_len))
    return unsafe instructions.map {
      Instruction(code: $0.code, jumpTrue: $0.jt, jumpFalse: $0.jf, constant: $0.k)
    }
  }

  /// Attaches the program to a socket in place of the one it had.
  func attach(to descriptor: borrowing Descriptor) throws(SystemError) {
    try descriptor.attach(
      program.map {
        sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.constant)
      })
  }
}

extension IPv6Prefix {
  /// At most `limit` prefixes that contain all of these, cut at one length, the longest possible.
  ///
  /// `nil` where that would contain every address. O(n), eight times.
  package static func covers(of prefixes: [IPv6Prefix], limit: Int) -> [IPv6Prefix]? {
    if prefixes.count <= limit { return prefixes.contains { $0.length == 0 } ? nil : prefixes }
    func cut(at length: Int) -> Set<IPv6Prefix> {
      Set(prefixes.map { IPv6Prefix($0.address, length: min($0.length, length)) })
    }
    var (enough, tooMany) = (0, 129)
    while tooMany - enough > 1 {
      let length = (enough + tooMany) / 2
      if cut(at: length).count <= limit { enough = length } else { tooMany = length }
    }
    let covers = cut(at: enough)
    if covers.contains(where: { $0.length == 0 }) { return nil }
    return covers.sorted { ($0.address.bits, $0.length) < ($1.address.bits, $1.length) }
  }
}
