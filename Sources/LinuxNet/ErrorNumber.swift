import CLinux

/// Why the kernel refused a system call: a number of errno(3).
package struct ErrorNumber: RawRepresentable, Equatable, Sendable, CustomStringConvertible {
  /// The number.
  package let rawValue: CInt

  package init(rawValue: CInt) { self.rawValue = rawValue }

  /// Why the last call of this thread failed.
  package static var current: ErrorNumber { ErrorNumber(rawValue: errno) }

  /// The sentence of strerror(3).
  package var description: String { unsafe String(cString: strerror(rawValue)) }
}

/// The number of the last error of this thread (errno(3)).
///
/// It is a macro, which Swift does not see.
var errno: CInt { unsafe linux_errno().pointee }

extension ErrorNumber {
  /// `EADDRINUSE`.
  package static var addressInUse: ErrorNumber { ErrorNumber(rawValue: EADDRINUSE) }
  /// `EBADF`.
  package static var badFileDescriptor: ErrorNumber { ErrorNumber(rawValue: EBADF) }
  /// `EBUSY`.
  package static var busy: ErrorNumber { ErrorNumber(rawValue: EBUSY) }
  /// `ECONNREFUSED`.
  package static var connectionRefused: ErrorNumber { ErrorNumber(rawValue: ECONNREFUSED) }
  /// `EEXIST`.
  package static var fileExists: ErrorNumber { ErrorNumber(rawValue: EEXIST) }
  /// `ENAMETOOLONG`.
  package static var fileNameTooLong: ErrorNumber { ErrorNumber(rawValue: ENAMETOOLONG) }
  /// `EFBIG`.
  package static var fileTooLarge: ErrorNumber { ErrorNumber(rawValue: EFBIG) }
  /// `EINTR`.
  package static var interrupted: ErrorNumber { ErrorNumber(rawValue: EINTR) }
  /// `EINVAL`.
  package static var invalidArgument: ErrorNumber { ErrorNumber(rawValue: EINVAL) }
  /// `EISDIR`.
  package static var isDirectory: ErrorNumber { ErrorNumber(rawValue: EISDIR) }
  /// `EMSGSIZE`.
  package static var messageTooLong: ErrorNumber { ErrorNumber(rawValue: EMSGSIZE) }
  /// `ENETDOWN`.
  package static var networkDown: ErrorNumber { ErrorNumber(rawValue: ENETDOWN) }
  /// `ENETUNREACH`.
  package static var networkUnreachable: ErrorNumber { ErrorNumber(rawValue: ENETUNREACH) }
  /// `ENOBUFS`.
  package static var noBufferSpace: ErrorNumber { ErrorNumber(rawValue: ENOBUFS) }
  /// `ENOMEM`.
  package static var noMemory: ErrorNumber { ErrorNumber(rawValue: ENOMEM) }
  /// `EHOSTUNREACH`.
  package static var noRouteToHost: ErrorNumber { ErrorNumber(rawValue: EHOSTUNREACH) }
  /// `ENOSPC`.
  package static var noSpace: ErrorNumber { ErrorNumber(rawValue: ENOSPC) }
  /// `ENXIO`.
  package static var noSuchAddressOrDevice: ErrorNumber { ErrorNumber(rawValue: ENXIO) }
  /// `ENODEV`.
  package static var noSuchDevice: ErrorNumber { ErrorNumber(rawValue: ENODEV) }
  /// `ENOENT`.
  package static var noSuchFileOrDirectory: ErrorNumber { ErrorNumber(rawValue: ENOENT) }
  /// `ESRCH`.
  package static var noSuchProcess: ErrorNumber { ErrorNumber(rawValue: ESRCH) }
  /// `ENOTDIR`.
  package static var notDirectory: ErrorNumber { ErrorNumber(rawValue: ENOTDIR) }
  /// `EPERM`.
  package static var notPermitted: ErrorNumber { ErrorNumber(rawValue: EPERM) }
  /// `EOPNOTSUPP`.
  package static var notSupported: ErrorNumber { ErrorNumber(rawValue: EOPNOTSUPP) }
  /// `EACCES`.
  package static var permissionDenied: ErrorNumber { ErrorNumber(rawValue: EACCES) }
  /// `EPROTONOSUPPORT`.
  package static var protocolNotSupported: ErrorNumber { ErrorNumber(rawValue: EPROTONOSUPPORT) }
  /// `ETIMEDOUT`.
  package static var timedOut: ErrorNumber { ErrorNumber(rawValue: ETIMEDOUT) }
  /// `ETOOMANYREFS`.
  package static var tooManyReferences: ErrorNumber { ErrorNumber(rawValue: ETOOMANYREFS) }
  /// `EAGAIN`.
  package static var wouldBlock: ErrorNumber { ErrorNumber(rawValue: EAGAIN) }
  /// `EPROTOTYPE`.
  package static var wrongProtocolType: ErrorNumber { ErrorNumber(rawValue: EPROTOTYPE) }
}
