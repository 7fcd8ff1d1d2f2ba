import LinuxNet

/// How many processors there may ever be: maps of which every processor has its own have a value
/// for each of them, and the kernel writes them all into the room that it is given.
package enum PossibleProcessors {
  /// One more than the highest number in sysfs; the most that Linux may have where that cannot be
  /// read.
  package static let count: Int = {
    // As in "0-7" or "0,2-3".
    let text = (try? RegularFile(path, limit: 4096).octets).map {
      String(decoding: $0, as: UTF8.self)
    }
    let numbers = text?.split { !$0.isNumber }.compactMap { Int($0) } ?? []
    return numbers.max().map { $0 + 1 } ?? most
  }()

  private static let path = "/sys/devices/system/cpu/possible"

  /// `CONFIG_NR_CPUS` at its highest.
  private static let most = 8192
}
