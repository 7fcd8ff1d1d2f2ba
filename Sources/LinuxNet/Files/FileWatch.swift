import CLinux
import Glibc
import SystemPackage

/// Tells that files come and go (inotify(7)); they need not be there, nor their directories.
package final class FileWatch: Pollable {
  private let descriptor: Descriptor
  private let paths: [String]
  /// The directories that are watched.
  private var watches: Set<CInt> = []

  /// Starts to watch these absolute paths.
  package init(_ paths: [String]) throws(SystemError) {
    self.paths = paths
    let number = try call("watch files") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) }
    descriptor = Descriptor(owning: number)
    watch()
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// Takes up that something has come or gone near one of the files; see `exists` for which.
  package func takeChanges() throws(SystemError) {
    var buffer = [UInt8](repeating: 0, count: Self.bufferLength)
    while let count = try callUnlessBlocked(
      "read file changes",
      { unsafe read(descriptor.number, &buffer, Self.bufferLength) }), count > 0
    {}
    watch()
  }

  private static let bufferLength = 4096

  /// Whether there is something with this path, even a link that leads nowhere.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Watches for each file the directory that it is in or, where that is not there, the nearest one
  /// that is; and no others.
  private func watch() {
    var needed: Set<CInt> = []
    for path in paths {
      // A directory may come just before the one above it is watched: then it is watched itself.
      var former: CInt?
      for _ in 0..<Self.attempts {
        guard let watch = watchNearest(path), watch != former else { break }
        former = watch
      }
      if let former { needed.insert(former) }
    }
    for stale in watches.subtracting(needed) { _ = inotify_rm_watch(descriptor.number, stale) }
    watches = needed
  }

  private static let attempts = 8

  /// Every directory above a path, the nearest first.
  private func parents(_ path: String) -> [String] {
    var rest = path[...]
    var found: [String] = []
    while let slash = rest.lastIndex(of: "/"), rest.count > 1 {
      rest = rest[..<slash]
      found.append(rest.isEmpty ? "/" : String(rest))
    }
    return found
  }

  private func watchNearest(_ path: String) -> CInt? {
    for parent in parents(path) {
      let watch = unsafe inotify_add_watch(descriptor.number, parent, Self.events)
      if watch >= 0 { return watch }
    }
    return nil
  }

  private static let events =
    UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO)
    | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
}
