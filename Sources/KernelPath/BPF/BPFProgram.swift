import CLinux
package import LinuxNet
import SystemPackage

/// A program that the kernel has verified, and runs where it is attached.
package final class BPFProgram {
  let descriptor: CInt
  private let owned: Descriptor

  /// What is to be loaded: instructions of 8 octets, and where a map or a helper is named.
  package struct Code: Sendable {
    let instructions: [UInt64]
    let relocations: [(instruction: Int, symbol: String)]
  }

  /// Why the kernel does not take a program.
  package struct Rejection: Error, CustomStringConvertible {
    /// What the kernel says.
    package let error: SystemError
    /// The last lines of what the verifier says; empty where it did not come to that.
    package let log: [String]

    package var description: String {
      log.isEmpty ? "\(error)" : "\(error); the verifier says: \(log.joined(separator: " | "))"
    }
  }

  /// How many lines of the verifier's log are kept.
  private static let logLines = 4
  private static let logSize = 1 << 18

  /// Loads a program for traffic control; `maps` are descriptors by the names in the code.
  ///
  /// Throws `EPERM` without CAP_BPF and CAP_NET_ADMIN.
  package init(_ code: Code, named name: String, maps: [String: CInt]) throws(Rejection) {
    let instructions = Self.link(code, maps: maps)
    do throws(SystemError) {
      let number = try unsafe Self.load(instructions, log: nil)
      owned = Descriptor(owning: number)
      descriptor = number
    } catch {
      // Once more, for what the verifier has to say.
      var log = [UInt8](repeating: 0, count: Self.logSize)
      _ = try? unsafe log.withUnsafeMutableBytes { buffer in
        try unsafe Self.load(instructions, log: buffer)
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
        preconditionFailure("the program uses \(symbol), which nobody knows")
      }
    }
    return instructions
  }

  /// The numbers of `enum bpf_func_id`.
  private static let helpers: [String: UInt32] = [
    "bpf_map_lookup_elem": 1, "bpf_redirect": 23, "bpf_ktime_get_boot_ns": 125,
  ]

  private static func load(
    _ instructions: [UInt64], log: UnsafeMutableRawBufferPointer?
  ) throws(SystemError) -> CInt {
    var attributes = noAttributes()
    attributes.prog_type = BPF_PROG_TYPE_SCHED_CLS.rawValue
    attributes.insn_cnt = UInt32(instructions.count)
    if let log = unsafe log, let base = log.baseAddress {
      attributes.log_level = 1
      attributes.log_size = UInt32(log.count)
      attributes.log_buf = unsafe address(base)
    }
    var result: Result<CInt, SystemError>?
    unsafe license.withUnsafeBufferPointer { license in
      unsafe instructions.withUnsafeBufferPointer { code in
        guard let words = code.baseAddress, let text = license.baseAddress else {
          preconditionFailure("a program has instructions")
        }
        attributes.insns = unsafe address(words)
        attributes.license = unsafe address(text)
        do throws(SystemError) {
          result = .success(try bpf(BPF_PROG_LOAD, &attributes, "load the program"))
        } catch {
          result = .failure(error)
        }
      }
    }
    guard let result else { preconditionFailure("the kernel was asked") }
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
    var context = unsafe __sk_buff()
    unsafe context.ifindex = interface
    var attributes = noAttributes()
    unsafe attributes.test.prog_fd = UInt32(descriptor)
    unsafe attributes.test.data_size_in = UInt32(input.count)
    unsafe attributes.test.data_size_out = UInt32(output.count)
    unsafe attributes.test.repeat = UInt32(count)
    unsafe attributes.test.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
    var failure: SystemError?
    unsafe input.withUnsafeMutableBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        unsafe withUnsafeMutablePointer(to: &context) { context in
          guard let from = input.baseAddress, let to = output.baseAddress else {
            return
          }
          unsafe attributes.test.data_in = unsafe address(from)
          unsafe attributes.test.data_out = unsafe address(to)
          unsafe attributes.test.ctx_in = unsafe address(context)
          do throws(SystemError) {
            try bpf(BPF_PROG_TEST_RUN, &attributes, "run the program")
          } catch {
            failure = error
          }
        }
      }
    }
    if let failure { throw failure }
    let length = unsafe Int(attributes.test.data_size_out)
    return Trial(
      verdict: unsafe Int32(bitPattern: attributes.test.retval),
      frame: Array(output.prefix(length)),
      nanoseconds: unsafe attributes.test.duration)
  }
}
