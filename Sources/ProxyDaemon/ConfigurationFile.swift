package import LinuxNet
package import ProxyConfig

/// A configuration file and what came of reading it.
package struct ConfigurationFile {
  /// The path as it was given.
  package let path: String

  /// What the file asks for; `nil` if it has an error.
  package let configuration: Configuration?

  /// Every error and warning with its place in the file, ready to be shown; empty if there is none.
  package let report: String

  /// Reads and checks a whole file.
  ///
  /// Throws `SystemError` where it cannot be read.
  package init(path: String) throws(SystemError) {
    let octets = try RegularFile.read(path, limit: Limits.fileOctets)
    let result = ConfigurationParser.parse(octets, fileName: path)
    self.path = path
    configuration = result.configuration
    report = result.report
  }

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
