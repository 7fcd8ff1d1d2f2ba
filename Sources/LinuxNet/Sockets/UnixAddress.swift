import CLinux

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

  /// An address without a file (unix(7)), and how long it is: it ends with the last octet of the
  /// name, of which the first 107 count.
  static func abstract(_ name: String) -> (address: sockaddr_un, length: Int) {
    var address = sockaddr_un()
    address.sun_family = UInt16(AF_UNIX)
    let octets = [0] + name.utf8.prefix(MemoryLayout.size(ofValue: address.sun_path) - 1)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
    return (address, MemoryLayout<sa_family_t>.size + octets.count)
  }
}

extension Descriptor {
  /// A Unix stream socket.
  static func unixStream(flags: CInt = 0) throws(SystemError) -> Descriptor {
    let type = CInt(SOCK_STREAM.rawValue) | CInt(O_CLOEXEC) | flags
    return Descriptor(owning: try call("open socket") { socket(AF_UNIX, type, 0) })
  }

  /// Connects a Unix socket to the one that has this path.
  func connect(to path: String) throws(SystemError) {
    try connect(to: sockaddr_un(path: path), "connect to \(path)")
  }

  /// Connects a Unix socket to the one at an address, of which `length` octets count.
  func connect(
    to address: sockaddr_un, length: Int = MemoryLayout<sockaddr_un>.size,
    _ operation: @autoclosure () -> String
  ) throws(SystemError) {
    let number = number
    try call(operation()) {
      unsafe withUnsafePointer(to: address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe CLinux.connect(number, .init(__sockaddr__: $0), socklen_t(length))
        }
      }
    }
  }

  /// Who is at the other end of a connected Unix socket, or was when it began to listen
  /// (`SO_PEERCRED`, unix(7)).
  func peer() throws(SystemError) -> ucred {
    var credentials = ucred()
    var length = socklen_t(MemoryLayout<ucred>.size)
    let number = number
    try call("look who is connected") {
      unsafe getsockopt(number, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    }
    return credentials
  }
}
