import NetworkLab

/// A daemon that rows are tried on.
package enum Program: String, CaseIterable, Sendable {
  case ndpproxy
  case ndppd

  /// Where it is.
  package var path: String {
    get throws {
      switch self {
      case .ndpproxy: try Host.programBeside("ndpproxy")
      case .ndppd: "/usr/sbin/ndppd"
      }
    }
  }

  /// What of a configuration file it gets to see: ndppd does not know the keys of our own.
  package func configuration(_ text: String) -> String {
    guard self == .ndppd else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.filter { line in
      let key = line.drop { $0 == " " }.prefix { $0 != " " }
      return !Self.keysOfOurOwn.contains(String(key))
    }.joined(separator: "\n")
  }

  private static let keysOfOurOwn: Set<String> = [
    "dad", "deadtime", "exclude", "keepalive", "max-advertisements", "max-route-lookups",
    "max-sessions", "max-solicitations", "override", "retries", "solicitors", "source",
  ]
}
