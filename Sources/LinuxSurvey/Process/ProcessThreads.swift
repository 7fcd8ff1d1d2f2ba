import Glibc
package import LinuxNet

/// The threads of a process (proc_pid_task(5)).
package enum ProcessThreads {
  /// Their numbers now, in no particular order.
  ///
  /// Throws `ENOENT` where there is no such process.
  package static func identifiers(of process: Int32) throws(SystemError) -> [Int32] {
    let path = "/proc/\(process)/task"
    guard let directory = unsafe opendir(path) else {
      throw SystemError("open \(path)", .current)
    }
    defer { unsafe closedir(directory) }
    var found: [Int32] = []
    while let entry = unsafe readdir(directory) {
      // Of "." and "..", atoi makes 0.
      let number = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe atoi($0) }
      }
      if number > 0 { found.append(number) }
    }
    return found
  }
}
