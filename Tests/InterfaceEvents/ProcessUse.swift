import LinuxNet

/// What a process has taken of the machine so far; of its first thread where it has more.
package struct ProcessUse: Sendable {
  /// Time on a processor.
  package let processorTime: Duration
  /// How often it went to sleep of its own accord, and so was woken up.
  package let sleeps: Int

  /// Reads `/proc/PID/schedstat` and `/proc/PID/status`.
  package init(of process: Int32) throws {
    let times = try text("/proc/\(process)/schedstat").split(separator: " ")
    guard let time = times.first.flatMap({ Int($0) }) else {
      throw ProcessFailure(description: "/proc/\(process)/schedstat has no time")
    }
    processorTime = .nanoseconds(time)
    sleeps = try field("voluntary_ctxt_switches", of: "/proc/\(process)/status")
  }

  /// What a process takes in some time, without disturbing it.
  package static func of(_ process: Int32, during time: Duration) async throws -> ProcessRate {
    let clock = ContinuousClock()
    let before = try ProcessUse(of: process)
    let start = clock.now
    try await Task.sleep(for: time)
    let after = try ProcessUse(of: process)
    let seconds = (clock.now - start) / .seconds(1)
    return ProcessRate(
      processorShare: (after.processorTime - before.processorTime) / .seconds(1) / seconds,
      sleeps: after.sleeps - before.sleeps, seconds: seconds)
  }
}

/// How much of the machine a process takes.
package struct ProcessRate: Sendable {
  /// 1 is one processor, all of the time.
  package let processorShare: Double
  /// How often it was woken up.
  package let sleeps: Int
  /// In how long a time.
  package let seconds: Double
}

/// Memory of a process, in KiB.
package struct ProcessMemory: Sendable {
  /// All that is in memory.
  package let resident: Int
  /// What it has written to, which nobody shares.
  package let written: Int

  /// Reads `/proc/PID/smaps_rollup`.
  package init(of process: Int32) throws {
    let path = "/proc/\(process)/smaps_rollup"
    resident = try field("Rss", of: path)
    written = try field("Private_Dirty", of: path)
  }
}

/// A process that cannot be looked at.
struct ProcessFailure: Error, CustomStringConvertible {
  let description: String
}

private func field(_ name: String, of path: String) throws -> Int {
  let line = try text(path).split(separator: "\n").first { $0.hasPrefix(name + ":") }
  let words = line?.split { $0 == " " || $0 == "\t" } ?? []
  guard words.count > 1, let number = Int(words[1]) else {
    throw ProcessFailure(description: "\(path) has no \(name)")
  }
  return number
}

private func text(_ path: String) throws -> String {
  String(decoding: try RegularFile(path, limit: 1 << 16).octets, as: UTF8.self)
}
