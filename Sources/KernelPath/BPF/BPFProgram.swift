package import LinuxNet

/// A program that the kernel has verified, and runs where it is attached.
package final class BPFProgram {
  let descriptor: CInt
  private let owned: Descriptor

  /// Where the kernel runs a program.
  package enum Kind: Sendable {
    /// In traffic control, for packets of any interface.
    case trafficControl
    /// In the driver of an interface, before there is a packet (XDP).
    case early

    /// Of `enum bpf_prog_type`.
    fileprivate var number: UInt32 {
      switch self {
      case .trafficControl: 3
      case .early: 6
      }
    }

    /// Where `struct __sk_buff` or `struct xdp_md` has the interface, and how many numbers it has.
    fileprivate var context: (interface: Int, count: Int) {
      switch self {
      case .trafficControl: (10, 48)
      case .early: (3, 6)
      }
    }
  }

  private let kind: Kind

  /// What is to be loaded: instructions of 8 octets, and where a map or a helper is named.
  package struct Code: Sendable {
    let instructions: [UInt64]
    let relocations: [(instruction: Int, symbol: String)]

    package init(instructions: [UInt64], relocations: [(instruction: Int, symbol: String)] = []) {
      (self.instructions, self.relocations) = (instructions, relocations)
    }

    /// Reads what `scripts/build-kernel-path` has written: instructions in hexadecimal digits, each
    /// followed by `:SYMBOL` where it names a map or a helper, with white space between.
    ///
    /// A text is a part of the file that the start does not change, so that it takes no private
    /// memory.
    init(_ text: StaticString) {
      var (instructions, relocations) = ([UInt64](), [(instruction: Int, symbol: String)]())
      let octets = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      let words = unsafe String(decoding: octets, as: UTF8.self).split { $0 == " " || $0 == "\n" }
      for word in words {
        let parts = word.split(separator: ":").map { String($0) }
        guard let instruction = UInt64(parts[0], radix: 16) else {
          preconditionFailure("an instruction is a number")
        }
        if parts.count > 1 { relocations.append((instructions.count, parts[1])) }
        instructions.append(instruction)
      }
      self.init(instructions: instructions, relocations: relocations)
    }
  }

  /// Why the kernel does not take a program.
  package struct Rejection: Error, CustomStringConvertible {
    /// What the kernel says.
    package let error: SystemError
    /// The last lines of what the verifier says; empty where it did not come to that.
    package let log: [String]

    package init(error: SystemError, log: [String] = []) { (self.error, self.log) = (error, log) }

    package var description: String {
      log.isEmpty ? "\(error)" : "\(error); the verifier says: \(log.joined(separator: " | "))"
    }
  }

  /// How many lines of the verifier's log are kept.
  private static let logLines = 4
  private static let logSize = 1 << 18

  /// What bpftool(8) shows, and `ndpctl doctor` knows our programs by.
  package static let name = "ndpproxy"

  /// Loads a program; `maps` are descriptors by the names in the code.
  ///
  /// `name` has 15 octets at most: letters, digits, `_` and `.`. Throws `EPERM` without CAP_BPF and
  /// CAP_NET_ADMIN.
  package init(
    _ code: Code, as kind: Kind = .trafficControl, named name: String = BPFProgram.name,
    maps: [String: CInt]
  ) throws(Rejection) {
    self.kind = kind
    let instructions = Self.link(code, maps: maps)
    do throws(SystemError) {
      let number = try unsafe Self.load(instructions, as: kind, name, log: nil)
      owned = Descriptor(owning: number)
      descriptor = number
    } catch {
      // Once more, for what the verifier has to say.
      var log = [UInt8](repeating: 0, count: Self.logSize)
      _ = try? unsafe log.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
        try unsafe Self.load(
          instructions, as: kind, name, log: UnsafeMutableRawBufferPointer(buffer))
      }
      let text = String(decoding: log.prefix { $0 != 0 }, as: UTF8.self)
      let lines = text.split(separator: "\n").suffix(Self.logLines).map { String($0) }
      throw Rejection(error: error, log: error.code == .notPermitted ? [] : lines)
    }
  }

  /// Puts descriptors of maps and numbers of helpers into the instructions that name them.
  private static func link(_ code: Code, maps: [String: CInt]) -> [UInt64] {
    var instructions = code.instructions
    for (place, symbol) in code.relocations {
      // An instruction: operation, registers, offset and a constant of 32 bits (RFC 9669 §3.1).
      let kept = instructions[place] & 0x0000_0000_ffff_0fff
      if let map = maps[symbol] {
        // The constant is a map's descriptor where the source register is 1.
        instructions[place] = kept | 1 << 12 | UInt64(map) << 32
      } else if let helper = helpers[symbol] {
        instructions[place] = kept | UInt64(helper) << 32
      } else {
        preconditionFailure("the program uses \(symbol), which is not known")
      }
    }
    return instructions
  }

  /// The numbers of `enum bpf_func_id`.
  private static let helpers: [String: UInt32] = [
    "bpf_map_lookup_elem": 1, "bpf_redirect": 23, "bpf_skb_load_bytes": 26, "bpf_skb_pull_data": 39,
    "bpf_fib_lookup": 69,
    "bpf_ktime_get_boot_ns": 125, "bpf_ringbuf_reserve": 131, "bpf_ringbuf_submit": 132,
    "bpf_ringbuf_discard": 133, "bpf_xdp_get_buff_len": 188,
  ]

  private static func load(
    _ instructions: [UInt64], as kind: Kind, _ name: String, log: UnsafeMutableRawBufferPointer?
  ) throws(SystemError) -> CInt {
    var attributes = ProgramLoading(
      type: kind.number, instructionCount: UInt32(instructions.count))
    let octets = Array(name.utf8) + [UInt8](repeating: 0, count: 16)
    unsafe withUnsafeMutableBytes(of: &attributes.name) { buffer in
      unsafe buffer.copyBytes(from: octets.prefix(15))
    }
    if let log = unsafe log, let base = log.baseAddress {
      attributes.logLevel = 1
      attributes.logSize = UInt32(log.count)
      attributes.log = unsafe bpfPointer(base)
    }
    var result: Result<CInt, SystemError>?
    unsafe license.withUnsafeBufferPointer { license in
      unsafe instructions.withUnsafeBufferPointer { code in
        guard let words = code.baseAddress, let text = license.baseAddress else {
          preconditionFailure("a program has instructions")
        }
        attributes.instructions = unsafe bpfPointer(words)
        attributes.license = unsafe bpfPointer(text)
        do throws(SystemError) {
          result = .success(try bpf(.loadProgram, &attributes, "load the program"))
        } catch {
          result = .failure(error)
        }
      }
    }
    guard let result else { preconditionFailure("the kernel was called") }
    return try result.get()
  }

  /// What makes helpers for GPL programs usable.
  private static let license = Array("Dual MIT/GPL".utf8) + [0]

  // MARK: Trying it

  /// What a program makes of one frame.
  package struct Trial: Sendable {
    /// What it returns.
    package let verdict: Int32
    /// The frame as it is then.
    package let frame: [UInt8]
    /// Nanoseconds for each run, on average.
    package let nanoseconds: UInt32
  }

  /// Runs the program on a frame, without an interface (`BPF_PROG_TEST_RUN`).
  ///
  /// It comes in on the interface with this index, which is in the network namespace of the caller.
  package func run(
    on frame: [UInt8], interface: UInt32, repeat count: Int = 1
  ) throws(SystemError) -> Trial {
    var input = frame
    var output = [UInt8](repeating: 0, count: max(frame.count, 256))
    let (place, count32) = kind.context
    var context = [UInt32](repeating: 0, count: count32)
    context[place] = interface
    if kind == .early { context[1] = UInt32(frame.count) }
    var attributes = ProgramRun(
      program: UInt32(descriptor), inputSize: UInt32(input.count),
      outputSize: UInt32(output.count), count: UInt32(count),
      contextSize: UInt32(context.count * 4))
    var failure: SystemError?
    unsafe input.withUnsafeMutableBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        unsafe context.withUnsafeMutableBytes { context in
          guard let from = input.baseAddress, let to = output.baseAddress,
            let about = context.baseAddress
          else { return }
          attributes.input = unsafe bpfPointer(from)
          attributes.output = unsafe bpfPointer(to)
          attributes.context = unsafe bpfPointer(about)
          do throws(SystemError) {
            try bpf(.runProgram, &attributes, "run the program")
          } catch {
            failure = error
          }
        }
      }
    }
    if let failure { throw failure }
    let length = Int(attributes.outputSize)
    return Trial(
      verdict: Int32(bitPattern: attributes.verdict),
      frame: Array(output.prefix(length)),
      nanoseconds: attributes.duration)
  }
}
