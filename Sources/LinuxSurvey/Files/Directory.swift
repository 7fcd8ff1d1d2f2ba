import Glibc
package import LinuxNet

/// A directory.
package enum Directory {
  /// Makes one, and those above it that are missing.
  package static func make(_ path: String) throws(SystemError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += "\(part)/"
      let mode: mode_t = 0o755
      do throws(SystemError) {
        try call("make the directory \(made)") { unsafe mkdir(made, mode) }
      } catch {
        guard error.code == .fileExists else { throw error }
      }
    }
  }
}
