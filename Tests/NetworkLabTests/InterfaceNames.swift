import SystemPackage

/// The interfaces of the calling thread's network namespace.
func interfaceNames() throws -> [Substring] {
  let file = try FileDescriptor.open("/proc/thread-self/net/dev", .readOnly)
  var octets = [UInt8](repeating: 0, count: 1 << 16)
  let length = try file.closeAfter {
    try octets.withUnsafeMutableBytes { try file.read(into: $0) }
  }
  let headings = 2
  return String(decoding: octets.prefix(length), as: UTF8.self)
    .split(separator: "\n").dropFirst(headings)
    .map { line in line.prefix { $0 != ":" }.drop { $0 == " " } }
}
