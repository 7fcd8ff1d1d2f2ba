import Glibc
package import LinuxNet
package import SystemPackage

extension CurrentProcess {
  /// The file this program was started from.
  package static func executablePath() throws(SystemError) -> FilePath {
    guard let path = unsafe realpath("/proc/self/exe", nil) else {
      throw SystemError("resolve /proc/self/exe", .current)
    }
    defer { unsafe free(path) }
    return unsafe FilePath(platformString: path)
  }
}
