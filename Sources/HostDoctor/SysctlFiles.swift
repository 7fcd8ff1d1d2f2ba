/// What is set at boot by the files of sysctl.d(5), in the order in which they count.
package struct SysctlFiles: Equatable, Sendable {
  /// One line of one file.
  package struct Assignment: Equatable, Sendable {
    /// With dots, and perhaps a pattern: `net.ipv6.conf.*.forwarding`.
    package let variable: String
    /// As it is written; `nil` where the line keeps patterns away from the variable.
    package let assigned: String?
    /// `/etc/sysctl.d/90-ndpproxy.conf:3`.
    package let place: String

    /// As it is written, or nothing.
    package var value: String { assigned ?? "" }
  }

  /// Later ones win.
  package private(set) var assignments: [Assignment]

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
  ///
  /// Of lines that name it the last one wins; a pattern counts where no line names it.
  func last(_ variable: String) -> Assignment? {
    if let named = assignments.last(where: { $0.variable == variable }) {
      return named.assigned == nil ? nil : named
    }
    return assignments.last { $0.assigned != nil && $0.matches(variable) }
  }

  /// The files of our own in which a line can be written, the better first.
  private static let ownFiles = ["90-ndpproxy.conf", "99-zz-ndpproxy.conf", "zz-ndpproxy.conf"]

  /// The file of ours in which a line for a variable is the last word; `nil` where another file has
  /// that in any case, such as /etc/sysctl.conf.
  func file(for variable: String) -> String? {
    guard let last = last(variable), last.variable == variable else {
      return "\(directory)/\(Self.ownFiles[0])"
    }
    let path = last.place.prefix { $0 != ":" }
    guard path.contains("sysctl.d/"), let name = path.split(separator: "/").last else {
      return nil
    }
    // Behind what is in our own file already, a line still comes later.
    return Self.ownFiles.first { !$0.utf8.lexicographicallyPrecedes(name.utf8) }
      .map { "\(directory)/\($0)" }
  }

  /// With one more line at the end, as if it had been written to a file of ours.
  func adding(_ line: String, place: String) -> SysctlFiles {
    var files = self
    if let added = Assignment(Substring(line), place: place) { files.assignments.append(added) }
    return files
  }
}

extension SysctlFiles.Assignment {
  /// Reads `net/ipv6/conf/all/forwarding = 1`; `nil` for comments and blank lines.
  fileprivate init?(_ line: Substring, place: String) {
    let text = line.trimmed
    guard let first = text.first, first != "#", first != ";" else { return nil }
    let equals = text.firstIndex(of: "=")
    var name = text[..<(equals ?? text.endIndex)].trimmed
    // A minus lets the setting fail in silence; without a value it keeps patterns away.
    let hasMinus = name.first == "-"
    if hasMinus { name = name.dropFirst() }
    guard equals != nil || hasMinus else { return nil }
    // Whichever separator comes first is the one that separates (sysctl.d(5)).
    let usesSlashes = name.first { $0 == "/" || $0 == "." } == "/"
    let swapped: [Character: Character] = ["/": ".", ".": "/"]
    variable = usesSlashes ? String(name.map { swapped[$0] ?? $0 }) : String(name)
    assigned = equals.map { String(text[text.index(after: $0)...].trimmed) }
    self.place = place
  }

  /// Whether its pattern means a variable: `*` stands for all of one name between dots.
  fileprivate func matches(_ other: String) -> Bool {
    let (pattern, name) = (variable.split(separator: "."), other.split(separator: "."))
    return pattern.count == name.count
      && zip(pattern, name).allSatisfy { Self.matches($0.utf8[...], $1.utf8[...]) }
  }

  /// `*` and `?` as in glob(7).
  private static func matches(_ pattern: Substring.UTF8View, _ name: Substring.UTF8View) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == UInt8(ascii: "*") {
      return matches(pattern.dropFirst(), name)
        || !name.isEmpty && matches(pattern, name.dropFirst())
    }
    guard let octet = name.first, first == octet || first == UInt8(ascii: "?") else { return false }
    return matches(pattern.dropFirst(), name.dropFirst())
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
