import LinuxNet

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

  private static func octets(_ name: String, of process: String) throws -> Int {
    let text = try fields("/proc/\(process)/status").first { $0.name == name }?.value
    let kibibytes = text?.split(separator: " ").first.flatMap { Int($0) }
    guard let kibibytes else { fatalError("/proc/\(process)/status has no \(name)") }
    return kibibytes * 1024
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
