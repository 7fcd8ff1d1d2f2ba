import LinuxNet
import SystemPackage

/// A file below `/tmp` that everybody can read, for as long as the object lives.
package final class TemporaryFile: Sendable {
  /// Its name.
  package let path: String

  /// Makes one that contains `text`.
  package init(containing text: String) throws {
    path = "/tmp/ndpproxy-\(String(UInt64.random(in: 0 ... .max), radix: 36)).conf"
    try write(text, [.create, .exclusiveCreate])
  }

  deinit {
    RegularFile.remove(path)
  }

  /// Empties the file and writes `text` to it, in two steps.
  package func replaceContents(with text: String) throws { try write(text, [.truncate]) }

  private func write(_ text: String, _ options: FileDescriptor.OpenOptions) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: options,
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }
}
