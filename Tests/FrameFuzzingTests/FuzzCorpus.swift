import Glibc

/// What libFuzzer found worth keeping; the names are those it gave.
enum FuzzCorpus {
  private static let place: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/") + "/Fuzz/Corpus/frames/"
  }()

  static let names: [String] = {
    guard let stream = opendir(place) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { found.append(name) }
    }
    return found.sorted()
  }()

  static func read(_ name: String) -> [UInt8] {
    guard let file = fopen(place + name, "r") else { return [] }
    defer { fclose(file) }
    var octets = [UInt8](repeating: 0, count: 1 << 20)
    octets.removeLast(octets.count - fread(&octets, 1, octets.count, file))
    return octets
  }
}
