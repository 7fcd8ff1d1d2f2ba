import CLinux
import Glibc
import SystemPackage

extension sockaddr_un {
  /// The address of a socket with this path; throws `ENAMETOOLONG` beyond 107 octets.
  init(path: String) throws(SystemError) {
    self.init()
    sun_family = UInt16(AF_UNIX)
    let octets = Array(path.utf8)
    guard octets.count < MemoryLayout.size(ofValue: sun_path) else {
      throw SystemError("use the path \(path)", .fileNameTooLong)
    }
    unsafe withUnsafeMutableBytes(of: &sun_path) { unsafe $0.copyBytes(from: octets) }
  }
}

extension Descriptor {
  /// A Unix stream socket.
  static func unixStream(flags: CInt = 0) throws(SystemError) -> Descriptor {
    let type = CInt(SOCK_STREAM.rawValue) | CInt(O_CLOEXEC) | flags
    return Descriptor(owning: try call("open socket") { socket(AF_UNIX, type, 0) })
  }

  /// Connects a Unix socket to the one that listens at a path.
  func connect(to path: String) throws(SystemError) {
    let address = try sockaddr_un(path: path)
    let number = number
    try call("connect to \(path)") {
      unsafe withUnsafePointer(to: address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Glibc.connect(
            number, .init(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
  }
}
