import CLinux
import Glibc

/// A file descriptor with one owner, who closes it by going away.
package struct Descriptor: ~Copyable {
  /// By which the kernel knows it.
  package let number: CInt

  /// Takes over a descriptor that nobody else closes.
  package init(owning number: CInt) {
    precondition(number >= 0)
    self.number = number
  }

  /// Gives the descriptor to somebody else, who closes it.
  package consuming func release() -> CInt {
    let number = number
    discard self
    return number
  }

  deinit {
    // Nothing can be done about a failure, and Linux has freed the number even then.
    _ = close(number)
  }
}

extension Descriptor {
  /// Binds a socket to an address of its family, given as the structure that the family has.
  ///
  /// All of it counts, or `length` octets.
  func bind<Address>(
    to address: Address, length: Int = MemoryLayout<Address>.size,
    _ operation: @autoclosure () -> String
  ) throws(SystemError) {
    let number = number
    try call(operation()) {
      unsafe withUnsafePointer(to: address) { pointer in
        // Every socket address begins like `sockaddr`; the length says how far this one goes.
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Glibc.bind(number, .init(__sockaddr__: $0), socklen_t(length))
        }
      }
    }
  }
}

/// Something that `EventPoll` can wait for.
package protocol Pollable: AnyObject {
  /// The descriptor that becomes readable; it stays the object's own.
  var pollDescriptor: CInt { get }
}
