public import CLinux

/// A file descriptor with one owner, who closes it by going away.
///
/// It is public, unlike others' declarations, and can be inlined: Embedded Swift must see how a
/// value that cannot be copied ends.
@frozen
public struct Descriptor: ~Copyable {
  /// By which the kernel knows it; negative once somebody else has it.
  @usableFromInline
  package private(set) var number: CInt

  /// Takes over a descriptor that nobody else closes.
  package init(owning number: CInt) {
    precondition(number >= 0)
    self.number = number
  }

  /// Gives the descriptor to somebody else, who closes it.
  package consuming func release() -> CInt {
    let released = number
    number = -1
    return released
  }

  @inlinable
  deinit {
    // Nothing can be done about a failure, and Linux has freed the number even then.
    if number >= 0 { _ = close(number) }
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
          unsafe CLinux.bind(number, .init(__sockaddr__: $0), socklen_t(length))
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
