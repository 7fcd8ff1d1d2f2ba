/// Where the files that `include` names come from: the parser itself opens nothing.
package protocol IncludedFiles: AnyObject {
  /// The files that a path stands for, in the order in which they are to be read.
  ///
  /// A path without wildcards (`*`, `?`, `[`) stands for itself, there or not; a pattern stands for
  /// all files that are there, in the order of their names, and may stand for none. A relative path
  /// starts from the current directory.
  func paths(matching path: String) -> [String]

  /// The contents of a file, no more than `limit` + 1 octets, so that a longer one can be told.
  func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile
}

/// What `include` reads.
package struct IncludedFile: Sendable {
  /// The same for two paths exactly if they are one file.
  package let identity: String

  /// What is in it.
  package let octets: [UInt8]

  /// Makes a file.
  package init(identity: String, octets: [UInt8]) {
    self.identity = identity
    self.octets = octets
  }
}

/// Why a file cannot be read.
package struct IncludeFailure: Error {
  /// Such as `open /etc/more.conf: No such file or directory`.
  package let reason: String

  /// Makes a failure.
  package init(reason: String) {
    self.reason = reason
  }
}

/// Which files have been read, and which one is being read.
struct Inclusions {
  /// Where files come from; `nil` where nothing can be included.
  let files: (any IncludedFiles)?

  /// How many files have been read, the first one among them.
  private(set) var count = 0

  /// The files that are being read, each included by the one before it.
  private(set) var path: [String] = []

  private var identities: Set<String> = []

  /// Starts without any.
  init(_ files: (any IncludedFiles)?) {
    self.files = files
  }

  /// Takes down that a file is being read from here on; false if that was done before.
  @discardableResult
  mutating func begin(_ name: String, identity: String?) -> Bool {
    if let identity, !identities.insert(identity).inserted { return false }
    path.append(name)
    count += 1
    return true
  }

  /// Takes down that the file has been read.
  mutating func end() {
    path.removeLast()
  }

  /// A path as it is to be opened: a relative one starts where the file that names it stands.
  func resolve(_ text: String) -> String {
    guard !text.hasPrefix("/"), let file = path.last, let slash = file.lastIndex(of: "/") else {
      return text
    }
    return file[...slash] + text
  }
}
