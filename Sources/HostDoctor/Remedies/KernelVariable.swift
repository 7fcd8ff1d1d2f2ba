/// A variable of the kernel, which is a file below `/proc/sys` (sysctl(8)).
package struct KernelVariable: Hashable, Sendable {
  /// The names below `/proc/sys`, each one name of a directory or file.
  private let names: [String]

  /// One that has nothing to do with an interface: `net.ipv6.conf.all.forwarding`.
  init(_ name: StaticString) {
    names = "\(name)".split(separator: ".").map(String.init)
  }

  /// The variable of one interface below `net.ipv6.conf`.
  ///
  /// `nil` where that would be another's or nobody's: `all` and `default` are no interfaces, a
  /// slash or dots would lead elsewhere, and U+FFFD stands for octets that were lost.
  init?(_ key: StaticString, of interface: String) {
    let isOther = ["", ".", "..", "all", "default"].contains(interface)
    let isForeign = interface.unicodeScalars.contains { ["/", "\0", "\u{fffd}"].contains($0) }
    guard !isOther, !isForeign else { return nil }
    names = ["net", "ipv6", "conf", interface, "\(key)"]
  }

  /// The interface and the name of a variable below `net.ipv6.conf`; `nil` for others.
  var interfaceSetting: (interface: String, key: String)? {
    names.count == 5 && names[..<3] == ["net", "ipv6", "conf"] ? (names[3], names[4]) : nil
  }

  /// Where it is read and written.
  package var path: String { "/proc/sys/" + names.joined(separator: "/") }

  /// As sysctl(8) names it; a dot of an interface's name becomes a slash (sysctl.d(5)).
  var description: String {
    names.map { name in
      String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "." ? "/" : $0 }))
    }.joined(separator: ".")
  }

  /// Whether sysctl(8) and sysctl.d(5) can name it: to them `=`, `*` and `[` are more than letters.
  var hasPlainName: Bool { names.allSatisfy(\.isPlainName) }
}
