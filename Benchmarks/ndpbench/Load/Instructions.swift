import LinuxNet
import NDPWire
import NetworkLab
import Subprocess

/// What the daemon does for one answer, as callgrind counts it: the same in every run, however
/// busy the machine is.
struct WorkPerAnswer {
  /// Machine instructions outside the kernel.
  let instructions: Double
  /// Blocks of memory asked for of the allocator.
  let allocations: Double
}

extension Bench {
  /// Counts what ndpproxy does for each answer of a static rule.
  ///
  /// It runs under callgrind twice and answers different numbers of questions, so that start and
  /// end cancel out. Throws where there is no valgrind, or it counts nothing.
  func workPerAnswer() async throws -> WorkPerAnswer {
    let few = 64
    let many = 20_064
    let first = try await profile(answering: few)
    let second = try await profile(answering: many)
    let answers = Double(many - few)
    return WorkPerAnswer(
      instructions: Double(second.instructions - first.instructions) / answers,
      allocations: Double(second.allocations - first.allocations) / answers)
  }

  private func profile(answering count: Int) async throws -> CallProfile {
    let program = try await copyWithoutDebugInformation(of: daemon)
    defer { RegularFile.remove(program) }
    let configuration = ResponderConfiguration.oneRule.text(for: .sockets)!
    let file = try TemporaryFile(containing: configuration)
    // Made by whoever starts the daemon and written at its end: it must not become another user.
    let output = file.path + ".callgrind"
    defer { RegularFile.remove(output) }
    // The filter of system calls would keep valgrind from writing what it has counted: so the
    // daemon is only told that it has one.
    let command = [
      "strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=prctl", "-e",
      "inject=prctl:retval=0",
      "-o", "/dev/null", "valgrind", "--quiet", "--tool=callgrind",
      "--callgrind-out-file=\(output)", program,
      "-u", "root", "-c", file.path,
    ]
    try await link.responder.withProcess(command) { process in
      guard try await process.line(containing: "answering on", within: .seconds(30)) != nil else {
        throw BenchFailure("no start under valgrind: \(process.lines.joined(separator: "; "))")
      }
      try await answer(count)
      process.send(.terminate)
      guard try await process.exitStatus(within: .seconds(30)) == .exited(0) else {
        throw BenchFailure("no end under valgrind: \(process.lines.joined(separator: "; "))")
      }
    }
    let octets = try RegularFile(output, limit: 1 << 28).octets
    return try CallProfile(String(decoding: octets, as: UTF8.self))
  }

  /// Has exactly so many questions answered, at a pace that valgrind can take.
  private func answer(_ count: Int) async throws {
    let generator = try Generator(
      on: link, index: askerIndex, targets: .inside(BenchLink.proxiedPrefix))
    let sample = try AnswerSample(on: link, index: askerIndex, divisor: 1)
    var idle = 0
    while sample.count < count {
      let before = sample.count
      if generator.sentCount < count, generator.sentCount - sample.count < 256 {
        try generator.send(min(32, count - generator.sentCount))
      }
      try await Task.sleep(for: .milliseconds(1))
      try sample.take()
      idle = sample.count == before ? idle + 1 : 0
      guard idle < 5_000 else {
        throw BenchFailure("under valgrind only \(sample.count) of \(count) were answered")
      }
    }
    try sample.check()
  }
}

/// What is needed of a file in callgrind's format.
private struct CallProfile {
  /// Machine instructions outside the kernel.
  private(set) var instructions = 0
  /// Calls of functions that allocate.
  private(set) var allocations = 0

  private static let allocators: Set<Substring> = [
    "aligned_alloc", "calloc", "malloc", "memalign", "posix_memalign", "realloc",
  ]

  /// Adds up `totals:` and the calls of every function that allocates.
  init(_ text: String) throws {
    // Names are spelt out once, and numbers stand for them from then on.
    var allocating: Set<Substring> = []
    var callee: Substring = ""
    for line in text.split(separator: "\n") {
      guard let mark = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { continue }
      let value = line[mark...].dropFirst()
      switch line[..<mark] {
      case "fn", "cfn":
        let words = value.split(separator: " ")
        if words.count == 2, Self.allocators.contains(words[1]) { allocating.insert(words[0]) }
        if line.hasPrefix("c") { callee = words.first ?? "" }
      case "calls":
        let count = value.split(separator: " ").first.flatMap { Int($0) } ?? 0
        if allocating.contains(callee) { allocations += count }
      case "totals": instructions = Int(value.drop { $0 == " " }) ?? 0
      default: continue
      }
    }
    guard instructions > 0, allocations > 0 else {
      throw BenchFailure(
        "callgrind counted \(instructions) instructions, \(allocations) allocations")
    }
  }
}

/// The name of a copy below `/tmp`, for valgrind may not know the format of newer compilers'.
///
/// Whoever asks for it removes it.
private func copyWithoutDebugInformation(of program: String) async throws -> String {
  let copy = "/tmp/ndpbench-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
  let result = try await Subprocess.run(
    .name("strip"), arguments: ["--strip-debug", "-o", copy, program], output: .discarded,
    error: .string(limit: 1 << 16))
  guard result.terminationStatus.isSuccess else {
    throw BenchFailure("strip: \(result.standardError)")
  }
  return copy
}
