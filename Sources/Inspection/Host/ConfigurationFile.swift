package import LinuxNet
package import ProxyConfig
import ProxyModel

/// A configuration file and what came of reading it and the files that it includes.
package struct ConfigurationFile {
  /// The path as it was given.
  package let path: String

  /// What the file asks for; `nil` if it has an error.
  package let configuration: Configuration?

  /// Whether it asks for other files to be read, too.
  package let includesOthers: Bool

  private var result: ParseResult

  /// Reads and checks a whole file.
  ///
  /// A pipe will do, unless nobody may be waited for: `isRegular` says so. Throws `SystemError`
  /// where it cannot be read; for one that it includes, that is a diagnostic.
  package init(path: String, isRegular: Bool = false) throws(SystemError) {
    let file = try RegularFile(path, limit: TextBounds.fileOctets, isRequired: isRegular)
    self.path = path
    let words = String(decoding: file.octets, as: UTF8.self).split(whereSeparator: { $0.isNewline })
    includesOthers = words.contains { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix("include") }
    result = ConfigurationParser.parse(
      file.octets, fileName: path, identity: file.identity,
      including: FileSystem(owner: file.owner))
    configuration = result.configuration
  }

  /// Adds warnings about what this host does not have as the configuration needs it, and about
  /// rules that take something away from its neighbors.
  ///
  /// Throws `SystemError` where the host's interfaces cannot be read.
  package mutating func checkHost() throws(SystemError) {
    guard let configuration else { return }
    let check = try HostCheck(configuration)
    check.report(into: &result)
    check.reportDangers(into: &result)
  }

  /// The warnings about rules that take something away from this host's neighbors, as a log has
  /// them.
  ///
  /// Throws `SystemError` where the host's interfaces cannot be read.
  package func dangers() throws(SystemError) -> [String] {
    guard let configuration else { return [] }
    var result = result
    let known = Set(result.diagnostics.map { $0.description })
    try HostCheck(configuration).reportDangers(into: &result)
    return result.diagnostics.map { $0.description }.filter { !known.contains($0) }
  }

  /// Every error and warning, in the order in which the files were read; notes are left out.
  package var problems: [Diagnostic] { result.diagnostics.filter { $0.severity != .note } }

  /// The same, each on one line as a log has it.
  package var problemLines: [String] { problems.map { $0.description } }

  /// Shows every error and warning, and perhaps notes, with its place on standard error.
  package func showReport(withNotes: Bool) {
    let stream = StandardStream.error
    stream.write(colored: result.report(colored: stream.wantsColor, withNotes: withNotes))
  }

  /// Whether anything is a warning.
  package var hasWarnings: Bool { result.hasWarnings }

  /// Where a configuration is looked for: our own place, then ndppd's.
  private static let defaultPaths = ["/etc/ndpproxy.conf", "/etc/ndppd.conf"]

  /// The file to read when none is named: the first that exists, or else the first.
  ///
  /// `isForeign` says that it is ndppd's.
  package static var defaultPath: (path: String, isForeign: Bool) { defaultPath(below: "") }

  /// The same below another root than `/`, which is the empty one.
  package static func defaultPath(below root: String) -> (path: String, isForeign: Bool) {
    let own = root + defaultPaths[0]
    let found = defaultPaths.map { root + $0 }.first { RegularFile.exists($0) } ?? own
    return (found, found != own)
  }

  /// ndppd's file where it is not read because our own is there.
  package static var ignoredPath: String? {
    defaultPaths.allSatisfy { RegularFile.exists($0) } ? defaultPaths[1] : nil
  }
}

/// The files of this host, as far as whoever owns the configuration may have them read.
private final class FileSystem: IncludedFiles {
  /// The number of the user that the configuration belongs to.
  let owner: UInt32

  init(owner: UInt32) { self.owner = owner }

  func paths(matching path: String) -> [String] {
    let pattern = PathPattern(path)
    return pattern.hasWildcard ? pattern.paths(limit: TextBounds.includedFiles + 1) : [path]
  }

  func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile {
    do {
      let file = try RegularFile(path, limit: limit, namedBy: owner)
      return IncludedFile(identity: file.identity, octets: file.octets)
    } catch {
      throw IncludeFailure(reason: "\(error)")
    }
  }
}
