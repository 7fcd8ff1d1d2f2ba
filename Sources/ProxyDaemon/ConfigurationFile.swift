package import LinuxNet
package import ProxyConfig

/// A configuration file and what came of reading it.
package struct ConfigurationFile {
  /// The path as it was given.
  package let path: String

  /// What the file asks for; `nil` if it has an error.
  package let configuration: Configuration?

  private let result: ParseResult

  /// Reads and checks a whole file.
  ///
  /// Throws `SystemError` where it cannot be read.
  package init(path: String) throws(SystemError) {
    let octets = try RegularFile.read(path, limit: Limits.fileOctets)
    let result = ConfigurationParser.parse(octets, fileName: path)
    self.path = path
    configuration = result.configuration
    self.result = result
  }

  /// Shows every error, warning and note with its place in the file on standard error.
  package func showReport() {
    let stream = StandardStream.error
    stream.write(result.report(colored: stream.wantsColor))
  }

  /// Whether anything is a warning.
  package var hasWarnings: Bool { result.hasWarnings }

  /// Where a configuration is looked for: our own place, then ndppd's.
  private static let defaultPaths = ["/etc/ndpproxy.conf", "/etc/ndppd.conf"]

  /// The file to read when none is named: the first that exists, or else the first.
  ///
  /// `isForeign` says that it is ndppd's.
  package static var defaultPath: (path: String, isForeign: Bool) {
    let own = defaultPaths[0]
    let found = defaultPaths.first { RegularFile.exists($0) } ?? own
    return (found, found != own)
  }
}
