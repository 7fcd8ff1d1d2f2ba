import CLinux

/// Tells that files come and go (inotify(7)); they need not be there, nor their directories.
///
/// Every directory on the way to a file is watched, by way of symbolic links, too: any of them may
/// get another name, or lead elsewhere.
package final class FileWatch: Pollable {
  private let descriptor: Descriptor
  private let paths: [String]
  /// The directories that are watched.
  private var watches: Set<CInt> = []
  /// Everything that the paths are made of.
  private var names: Set<String> = []
  /// Why changes of some directories are not noticed; a sentence each.
  package private(set) var obstacles: [String] = []

  /// Starts to watch these absolute paths.
  package init(_ paths: [String]) throws(SystemError) {
    self.paths = paths
    let number = try call("watch files") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) }
    descriptor = Descriptor(owning: number)
    watch()
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// Takes up what has come or gone near the files, and says whether that may be one of them, or on
  /// the way to one; see `exists` for which.
  package func takeChanges() throws(SystemError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: Self.bufferLength)
    var concerns = false
    while let count = try callUnlessBlocked(
      "read file changes",
      { unsafe read(descriptor.number, &buffer, Self.bufferLength) }), count > 0
    {
      concerns = concerns || self.concerns(buffer[..<count])
    }
    if concerns { watch() }
    return concerns
  }

  private static let bufferLength = 4096

  /// Whether there is something with this path, even a link that leads nowhere.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Whether a `struct inotify_event` among these has one of our names, or none.
  private func concerns(_ events: ArraySlice<UInt8>) -> Bool {
    var rest = events
    let head = MemoryLayout<inotify_event>.size
    while rest.count >= head {
      let length = unsafe rest.withUnsafeBytes { octets in
        Int(unsafe octets.loadUnaligned(fromByteOffset: head - 4, as: UInt32.self))
      }
      let name = rest.dropFirst(head).prefix(length).prefix { $0 != 0 }
      if name.isEmpty || names.contains(String(decoding: name, as: UTF8.self)) { return true }
      rest = rest.dropFirst(head + length)
    }
    return false
  }

  /// Watches the directories on the way to each file as far as they are there, and no others.
  private func watch() {
    var needed: Set<CInt> = []
    // One may come or change just before the one above it is watched.
    for _ in 0..<Self.attempts {
      let before = needed
      needed = []
      names = []
      obstacles = []
      for directory in Set(paths.flatMap(directories)).sorted() {
        if let watch = watch(directory) { needed.insert(watch) }
      }
      if needed == before { break }
      watches.formUnion(needed)
    }
    for stale in watches.subtracting(needed) { _ = inotify_rm_watch(descriptor.number, stale) }
    watches = needed
  }

  private static let attempts = 8

  private func watch(_ directory: String) -> CInt? {
    let watch = unsafe inotify_add_watch(descriptor.number, directory, Self.events)
    if watch >= 0 { return watch }
    let error = ErrorNumber(rawValue: errno)
    if ![.noSuchFileOrDirectory, .notDirectory].contains(error) {
      let remedy = error == .noSpace ? "; raise the sysctl user.max_inotify_watches" : ""
      obstacles.append("changes in \(directory) are not noticed: \(error)\(remedy)")
    }
    return nil
  }

  /// The directories on the way to a file, as far as they are there.
  private func directories(_ path: String) -> [String] {
    var found: [String] = []
    var directory = ""
    var rest = path.split(separator: "/").map(String.init)[...]
    var links = 0
    while let name = rest.popFirst() {
      names.insert(name)
      found.append(directory.isEmpty ? "/" : directory)
      if rest.isEmpty || name == "." { continue }
      if name == ".." {
        directory = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ""
        continue
      }
      let next = "\(directory)/\(name)"
      guard let target = Self.target(ofLink: next) else {
        directory = next
        continue
      }
      links += 1
      // As many as the kernel follows.
      guard links <= 40 else { return found }
      rest = target.split(separator: "/").map(String.init) + rest
      if target.hasPrefix("/") { directory = "" }
    }
    return found
  }

  /// Where a symbolic link leads; `nil` where it is none.
  private static func target(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes { octets in
      let start = unsafe octets.assumingMemoryBound(to: CChar.self).baseAddress!
      return unsafe readlinkat(AT_FDCWD, path, start, octets.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  private static let events =
    UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO)
    | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
}
