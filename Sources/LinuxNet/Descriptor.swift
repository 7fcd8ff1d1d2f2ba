import CLinux
import Glibc

/// A file descriptor with one owner, who closes it by going away.
struct Descriptor: ~Copyable {
  let number: CInt

  /// Takes over a descriptor that nobody else closes.
  init(owning number: CInt) {
    precondition(number >= 0)
    self.number = number
  }

  deinit {
    // Nothing can be done about a failure, and Linux has freed the number even then.
    _ = close(number)
  }
}

/// Something that `EventPoll` can wait for.
package protocol Pollable: AnyObject {
  /// The descriptor that becomes readable; it stays the object's own.
  var pollDescriptor: CInt { get }
}
