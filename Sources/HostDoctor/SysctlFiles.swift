/// What is set at boot by the files of sysctl.d(5), in the order in which they count.
package struct SysctlFiles: Equatable, Sendable {
  /// One line of one file.
  package struct Assignment: Equatable, Sendable {
    /// With dots: `net.ipv6.conf.all.forwarding`.
    package let variable: String
    /// As it is written.
    package let value: String
    /// `/etc/sysctl.d/90-ndpproxy.conf:3`.
    package let place: String
  }

  /// Later ones win.
  package let assignments: [Assignment]

  /// The directory, as seen from here, to write a file of our own to.
  package let directory: String

  /// Takes files in the order of their names, as systemd-sysctl reads them.
  package init(_ files: [TextFile] = [], directory: String = "/etc/sysctl.d") {
    self.directory = directory
    assignments = files.flatMap { file in
      file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
        Assignment($1, place: "\(file.path):\($0 + 1)")
      }
    }
  }

  /// What a variable is set to at boot; `nil` if nothing sets it.
  func last(_ variable: String) -> Assignment? {
    assignments.last { $0.variable == variable }
  }
}

extension SysctlFiles.Assignment {
  /// Reads `net/ipv6/conf/all/forwarding = 1`; `nil` for comments and patterns.
  fileprivate init?(_ line: Substring, place: String) {
    let text = line.trimmed
    guard let first = text.first, first != "#", first != ";",
      let equals = text.firstIndex(of: "=")
    else { return nil }
    var name = text[..<equals].trimmed
    // A minus lets the setting fail in silence.
    if name.first == "-" { name = name.dropFirst() }
    // Whichever separator comes first is the one that separates (sysctl.d(5)).
    let usesSlashes = name.first { $0 == "/" || $0 == "." } == "/"
    let swapped: [Character: Character] = ["/": ".", ".": "/"]
    variable = usesSlashes ? String(name.map { swapped[$0] ?? $0 }) : String(name)
    value = String(text[text.index(after: equals)...].trimmed)
    self.place = place
  }
}

extension Substring {
  /// Without blanks at either end.
  var trimmed: Substring {
    let blanks: Set<Character> = [" ", "\t", "\r"]
    var rest = drop { blanks.contains($0) }
    while let last = rest.last, blanks.contains(last) { rest.removeLast() }
    return rest
  }
}
