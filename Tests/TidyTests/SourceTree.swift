import Glibc
import Testing

/// The files of this package, found from where this file was compiled.
enum SourceTree {
  static let root: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  struct File: CustomTestStringConvertible, Sendable {
    /// As seen from the root: `Sources/NDPWire/IPv6Address.swift`.
    let path: String
    let lines: [Substring]

    var testDescription: String { path }

    /// The directory below `Sources`, `Tests` or `Benchmarks`.
    var room: String { String(path.split(separator: "/")[1]) }

    init(path: String, text: String) {
      self.path = path
      lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }
  }

  /// Every file with one of these endings under a directory.
  static func files(under directory: String, endings: [String] = [".swift"]) -> [File] {
    names(under: directory).filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
      .map { File(path: $0, text: read(root + "/" + $0)) }
  }

  static func names(under directory: String) -> [String] {
    guard let stream = opendir(root + "/" + directory) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let path = directory + "/" + name
      if entry.pointee.d_type == UInt8(DT_DIR) {
        found += names(under: path)
      } else {
        found.append(path)
      }
    }
    return found
  }

  /// Whether there is a file or directory of this path, seen from the root.
  static func isThere(_ path: String) -> Bool { access(root + "/" + path, F_OK) == 0 }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { fatalError("cannot read \(path)") }
    defer { fclose(file) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      octets += chunk[..<count]
    }
    return String(decoding: octets, as: UTF8.self)
  }
}
