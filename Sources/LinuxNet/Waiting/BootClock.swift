import CLinux

/// The clock that never goes back, and goes on while the host is suspended: nanoseconds since its
/// start (CLOCK_BOOTTIME).
package enum BootClock {
  /// Now.
  ///
  /// About 25 ns, no system call.
  package static var nanoseconds: UInt64 { CLOCK_BOOTTIME.nanoseconds }

  /// Whether this process has another clock than the kernel and its programs, which is so in a time
  /// namespace (time_namespaces(7)).
  package static var isShifted: Bool {
    guard let file = try? RegularFile("/proc/self/timens_offsets", limit: 1 << 12) else {
      return false
    }
    return String(decoding: file.octets, as: UTF8.self).split(separator: "\n").contains { line in
      let words = line.split(separator: " ")
      return words.first == "boottime" && words.dropFirst().contains { $0 != "0" }
    }
  }

  /// Waits for less than a second, or until a signal is handled; the kernel may add some 50 µs.
  package static func sleep(for duration: Duration) {
    let nanoseconds = Int(duration.components.attoseconds / 1_000_000_000)
    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
  }
}

extension clockid_t {
  /// What the clock says.
  ///
  /// Precondition: there is such a clock, which cannot be before its origin.
  var nanoseconds: UInt64 {
    var now = timespec()
    // It cannot fail: the clock exists and the argument is valid.
    unsafe clock_gettime(self, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
