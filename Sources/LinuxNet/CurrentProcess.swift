import Glibc
package import SystemPackage

/// The process we are.
package enum CurrentProcess {
  /// The value of an environment variable; `nil` if it is not set.
  package static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The number by which others know it.
  package static var number: Int32 { getpid() }

  /// The file this program was started from.
  package static func executablePath() throws(SystemError) -> FilePath {
    guard let path = unsafe realpath("/proc/self/exe", nil) else {
      throw SystemError("resolve /proc/self/exe", .current)
    }
    defer { unsafe free(path) }
    return unsafe FilePath(platformString: path)
  }

  /// Becomes another program, found on `PATH`; `command` begins with its name.
  ///
  /// Comes back only to throw why it could not.
  package static func replace(with command: [String]) throws(SystemError) -> Never {
    var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    unsafe execvp(command[0], &arguments)
    throw SystemError("execute \(command[0])", .current)
  }
}
