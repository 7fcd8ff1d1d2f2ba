import LinuxNet
import LinuxSurvey

/// The machine that is measured on, as far as the numbers depend on it.
enum Machine {
  /// Its processor, kernel and load, in one line.
  static var summary: String {
    get throws {
      let processors = try fields("/proc/cpuinfo")
      let model = processors.first { $0.name == "model name" }?.value ?? "unknown processor"
      let cores = processors.count { $0.name == "processor" }
      let kernel = try lines("/proc/sys/kernel/osrelease").first ?? ""
      let load = try lines("/proc/loadavg").first?.split(separator: " ").first ?? ""
      return "\(model), \(cores) cores, Linux \(kernel), load \(load)"
    }
  }

  /// How this program was compiled; numbers of a debug build say nothing.
  static var build: String {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return isDebug ? "debug" : "release"
  }

  /// How often, in a second, this thread's processor was away for longer than some time though
  /// nobody gave it up: as long as a virtual machine's host or an interrupt had it.
  static func gapsPerSecond(longerThan limit: Duration) -> Double {
    let limit = UInt64(limit / .nanoseconds(1))
    let start = BootClock.nanoseconds
    var last = start
    var gaps = 0.0
    while last < start + 1_000_000_000 {
      let now = BootClock.nanoseconds
      if now - last > limit { gaps += 1 }
      last = now
    }
    return gaps
  }

  /// The most memory this process has had since it was executed.
  ///
  /// `VmHWM` begins anew with each program; getrusage(2) would remember our parent.
  static var peakOctets: Int {
    get throws {
      try octets("VmHWM", of: "self")
    }
  }

  /// What a process holds in memory now.
  static func memory(of process: Int32) throws -> Int { try octets("VmRSS", of: "\(process)") }

  /// What a process holds that nobody else has and that cannot be read again from a file.
  static func privateMemory(of process: Int32) throws -> Int {
    try number("Private_Dirty", in: "/proc/\(process)/smaps_rollup") * 1024
  }

  /// How long a process has been running on a processor, in nanoseconds, all threads together.
  static func processorTime(of process: Int32) throws -> Int {
    try ProcessThreads.identifiers(of: process).reduce(0) { sum, thread in
      let path = "/proc/\(process)/task/\(thread)/schedstat"
      let words = try lines(path).first?.split(separator: " ") ?? []
      guard let time = words.first.flatMap({ Int($0) }) else {
        throw BenchFailure("\(path) has no processor time")
      }
      return sum + time
    }
  }

  /// How often a process has given up its processor to wait, and so was woken; all threads.
  static func waits(of process: Int32) throws -> Int {
    try ProcessThreads.identifiers(of: process).reduce(0) { sum, thread in
      try sum + number("voluntary_ctxt_switches", in: "/proc/\(process)/task/\(thread)/status")
    }
  }

  private static func octets(_ name: String, of process: String) throws -> Int {
    try number(name, in: "/proc/\(process)/status") * 1024
  }

  private static func number(_ name: String, in path: String) throws -> Int {
    let text = try fields(path).first { $0.name == name }?.value
    let number = text?.split(separator: " ").first.flatMap { Int($0) }
    guard let number else { throw BenchFailure("\(path) has no \(name)") }
    return number
  }

  private static func lines(_ path: String) throws -> [Substring] {
    let octets = try RegularFile(path, limit: 1 << 20).octets
    return String(decoding: octets, as: UTF8.self).split(separator: "\n")
  }

  /// The `name: value` lines of a file.
  private static func fields(_ path: String) throws -> [(name: Substring, value: Substring)] {
    try lines(path).compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let name = line[..<colon].prefix { $0 != "\t" }
      return (name, line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" })
    }
  }
}
