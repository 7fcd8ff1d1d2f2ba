import LinuxNet

/// How many processors there may ever be: maps have a value for each of them.
package enum PossibleProcessors {
  /// One more than the highest number in sysfs; 1 where that cannot be read.
  package static let count: Int = {
    guard let octets = try? RegularFile("/sys/devices/system/cpu/possible", limit: 4096).octets
    else { return 1 }
    // As in "0-7" or "0,2-3".
    let numbers = String(decoding: octets, as: UTF8.self).split { !$0.isNumber }.compactMap {
      Int($0)
    }
    return (numbers.max() ?? 0) + 1
  }()
}
