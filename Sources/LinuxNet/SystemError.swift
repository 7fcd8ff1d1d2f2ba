import CLinux
import PlainText

/// A system call that failed: which one, on what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The call and what it was about: `bind to interface 3`.
  package let operation: String
  /// The reason that the kernel gave.
  package let code: ErrorNumber

  package init(_ operation: String, _ code: ErrorNumber) {
    self.operation = operation
    self.code = code
  }

  /// One sentence; what is named in it is printable.
  package var description: String { "\(operation.printable): \(code)" }

  /// Whether a capability is missing.
  package var isMissingPrivilege: Bool { code == .notPermitted || code == .permissionDenied }

  /// Whether somebody else has what was asked for.
  package var isBlocked: Bool { code == .wouldBlock }

  /// Whether there was more to receive than the kernel could hold.
  package var isOverrun: Bool { code == .noBufferSpace }
}

/// Repeats a call that a signal interrupted, and throws where it fails otherwise.
///
/// The text is made only then.
@discardableResult
package func call<Value: SignedInteger>(
  _ operation: @autoclosure () -> String, _ body: () -> Value
) throws(SystemError) -> Value {
  while true {
    let value = body()
    if value != -1 { return value }
    let code = ErrorNumber.current
    if code != .interrupted { throw SystemError(operation(), code) }
  }
}

/// The same for a call on a non-blocking descriptor: `nil` where it would have to wait.
func callUnlessBlocked<Value: SignedInteger>(
  _ operation: @autoclosure () -> String, _ body: () -> Value
) throws(SystemError) -> Value? {
  do {
    return try call(operation(), body)
  } catch  where error.code == .wouldBlock {
    return nil
  }
}

extension UnsafeMutableRawPointer {
  /// Whether it is what mmap(2) returns where it fails: `MAP_FAILED`, a macro.
  package var isMapFailure: Bool { unsafe self == UnsafeMutableRawPointer(bitPattern: -1) }
}
