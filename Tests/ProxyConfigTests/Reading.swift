import Glibc
import ProxyConfig
import ProxyModel
import Testing

/// Parses a text as the file `f`.
func parse(_ text: String) -> ParseResult {
  ConfigurationParser.parse(Array(text.utf8), fileName: "f")
}

/// What was reported, as `line:column severity code`.
func findings(_ result: ParseResult) -> [String] {
  result.diagnostics.map {
    "\($0.location.line):\($0.location.column) \($0.severity) \($0.code)"
  }
}

/// The rules of a configuration, as `interface prefix method`.
func rules(of configuration: Configuration?) -> [String]? {
  configuration?.proxies.flatMap { proxy in
    proxy.rules.map { "\(proxy.interface) \($0.prefix) \($0.method)" }
  }
}

/// A row of a table of texts: its name is what the test report shows.
struct Row: CustomTestStringConvertible, Sendable {
  let name: String
  let text: String
  let expected: [String]

  init(_ name: String, _ text: String, _ expected: String...) {
    self.name = name
    self.text = text
    self.expected = expected
  }

  var testDescription: String { name }
}

/// A file or directory of the repository, by its path from the root.
func repositoryPath(_ path: String, from file: String = #filePath) -> String {
  file.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/" + path
}

/// The octets of a file of the repository; `nil` if it cannot be read.
func contents(ofFile path: String) -> [UInt8]? {
  guard let stream = fopen(repositoryPath(path), "r") else { return nil }
  defer { fclose(stream) }
  var octets: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
    octets += buffer[..<count]
  }
  return octets
}

/// The names in a directory of the repository that end like this, sorted, without the ending.
func names(inDirectory path: String, ending: String) -> [String] {
  guard let directory = opendir(repositoryPath(path)) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name.hasSuffix(ending) { names.append(String(name.dropLast(ending.count))) }
  }
  return names.sorted()
}
