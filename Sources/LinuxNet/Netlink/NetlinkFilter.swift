import CLinux

/// A classic BPF program that has the kernel drop notifications that nobody wants.
///
/// It sees one message with its header. Answers to requests are dropped, too.
struct NetlinkFilter {
  private var program: [sock_filter] = []

  /// What a message must be like.
  struct Condition {
    fileprivate let load: CInt
    fileprivate let offset: Int
    fileprivate let comparison: CInt
    fileprivate let constant: UInt32
    fileprivate let isNegated: Bool

    /// An octet has this value, or any other.
    static func octet(at offset: Int, is value: UInt8, negated: Bool = false) -> Condition {
      Condition(
        load: BPF_B, offset: offset, comparison: BPF_JEQ, constant: UInt32(value),
        isNegated: negated)
    }

    /// An octet has any of these bits, or none of them.
    static func octet(at offset: Int, hasAnyOf bits: UInt8, negated: Bool = false) -> Condition {
      Condition(
        load: BPF_B, offset: offset, comparison: BPF_JSET, constant: UInt32(bits),
        isNegated: negated)
    }

    /// A number of 16 bits has any of these bits, or none of them.
    static func number(at offset: Int, hasAnyOf bits: UInt16, negated: Bool = false) -> Condition {
      // BPF takes numbers to be in network order; these are in the machine's.
      Condition(
        load: BPF_H, offset: offset, comparison: BPF_JSET, constant: UInt32(bits.bigEndian),
        isNegated: negated)
    }
  }

  /// The message has this `nlmsg_type`.
  static func type(_ type: Int) -> Condition {
    Condition(
      load: BPF_H, offset: 4, comparison: BPF_JEQ, constant: UInt32(UInt16(type).bigEndian),
      isNegated: false)
  }

  /// Lets through what meets all conditions of any of the alternatives.
  init(anyOf alternatives: [[Condition]]) {
    for alternative in alternatives {
      for (place, condition) in alternative.enumerated() {
        let load = BPF_LD | BPF_ABS | condition.load
        program.append(
          sock_filter(code: UInt16(load), jt: 0, jf: 0, k: UInt32(condition.offset)))
        // Behind the other conditions, two instructions each, and what accepts the message.
        let away = UInt8(2 * (alternative.count - place - 1) + 1)
        program.append(
          sock_filter(
            code: UInt16(BPF_JMP | BPF_K | condition.comparison),
            jt: condition.isNegated ? away : 0, jf: condition.isNegated ? 0 : away,
            k: condition.constant))
      }
      program.append(Self.returning(UInt32.max))
    }
    program.append(Self.returning(0))
  }

  /// Lets through so many octets.
  private static func returning(_ length: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: length)
  }

  func attach(to descriptor: borrowing Descriptor) throws(SystemError) {
    try descriptor.attach(program)
  }
}

extension Descriptor {
  /// Attaches a classic BPF program to a socket in place of the one it had.
  borrowing func attach(_ program: [sock_filter]) throws(SystemError) {
    var copy = program
    let number = number
    try call("attach packet filter") {
      unsafe copy.withUnsafeMutableBufferPointer { buffer in
        var option = unsafe sock_fprog(len: UInt16(buffer.count), filter: buffer.baseAddress)
        return unsafe setsockopt(
          number, SOL_SOCKET, SO_ATTACH_FILTER, &option, socklen_t(MemoryLayout<sock_fprog>.size))
      }
    }
  }
}
