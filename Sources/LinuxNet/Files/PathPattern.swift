import CLinux

/// A path with wildcards, as shells have them: `*`, `?` and `[…]` within one component.
package struct PathPattern {
  private let text: String

  /// Takes any path.
  package init(_ text: String) {
    self.text = text
  }

  /// Whether there is a wildcard in it, so that it may stand for several paths or none.
  package var hasWildcard: Bool { hasWildcard(text) }

  /// The paths of what is there and matches, in the order of their octets.
  ///
  /// A name that begins with a dot is matched by a dot only. No more than `limit` names are kept at
  /// each component, and what cannot be read is passed over.
  package func paths(limit: Int) -> [String] {
    var found = [text.hasPrefix("/") ? "/" : ""]
    let components = text.split(separator: "/").map(String.init)
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      var next: [String] = []
      for path in found where next.count < limit {
        for name in hasWildcard(component) ? names(in: path, matching: component) : [component] {
          next.append(path + name + (isLast ? "" : "/"))
        }
      }
      found = Array(next.prefix(limit))
    }
    return found.filter(RegularFile.exists).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func hasWildcard(_ component: String) -> Bool {
    component.utf8.contains { "*?[".utf8.contains($0) }
  }

  /// What a directory holds, sorted; nothing if it cannot be read.
  private func names(in directory: String, matching pattern: String) -> [String] {
    guard let stream = unsafe opendir(directory.isEmpty ? "." : directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if unsafe fnmatch(pattern, name, FNM_PERIOD | FNM_NOESCAPE) == 0, name != ".", name != ".." {
        names.append(name)
      }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
