import CLinux
import Glibc
package import LinuxNet

/// On which processors a process may run (sched_setaffinity(2)).
package enum ProcessorAffinity {
  /// The processors on which this thread may run, by their numbers in ascending order.
  package static var allowed: [Int] {
    var set = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard unsafe sched_getaffinity(0, size, &set) == 0 else { return [] }
    return unsafe withUnsafeBytes(of: &set) { octets in
      (0..<size * 8).filter { unsafe octets[$0 / 8] >> ($0 % 8) & 1 == 1 }
    }
  }

  /// Runs this thread only where nobody else wants the processor (`SCHED_IDLE`, sched(7)).
  package static func giveWay() throws(SystemError) {
    var parameter = sched_param()
    try call("give way to others") { unsafe sched_setscheduler(0, SCHED_IDLE, &parameter) }
  }

  /// Keeps this process on one processor: every thread that it has, and whatever these start.
  ///
  /// A program that it becomes stays there, too. Throws `EINVAL` where there is no such processor.
  package static func pin(to processor: Int) throws(SystemError) {
    var set = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    precondition(0..<size * 8 ~= processor)
    unsafe withUnsafeMutableBytes(of: &set) { octets in
      unsafe octets[processor / 8] |= 1 << (processor % 8)
    }
    for thread in try ProcessThreads.identifiers(of: getpid()) {
      try call("pin thread \(thread) to processor \(processor)") {
        unsafe sched_setaffinity(thread, size, &set)
      }
    }
  }
}
