import Glibc
import SystemPackage

/// A file that is read in one go.
package enum RegularFile {
  /// The octets of a file, no more than `limit` + 1, so that a longer file can be told.
  ///
  /// Throws `SystemError` where it cannot be read; a directory gives `EISDIR`.
  package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let number = try call("open \(path)") { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    let descriptor = Descriptor(owning: number)
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while octets.count <= limit {
      let room = min(chunk.count, limit + 1 - octets.count)
      let count = try call("read \(path)") {
        unsafe Glibc.read(descriptor.number, &chunk, room)
      }
      if count == 0 { break }
      octets += chunk[..<count]
    }
    return octets
  }

  /// Whether there is something at `path`.
  package static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }

  /// `path` as seen from `/`, unless it is so already.
  package static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe String(cString: directory) + "/" + path
  }
}
