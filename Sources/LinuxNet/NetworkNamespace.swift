import CLinux
import Glibc
package import SystemPackage

/// A network namespace of its own, alive as long as this object or a process or socket inside it.
///
/// It is held by a descriptor: nothing is mounted or named, so that the kernel frees it with this
/// process, however that ends. Needs CAP_SYS_ADMIN in its user namespace.
package final class NetworkNamespace: Sendable {
  private let descriptor: FileDescriptor

  /// Makes an empty namespace: a loopback that is down, and nothing else.
  ///
  /// Throws `EPERM` where it is not allowed; see `isPermitted`. Takes some 100 µs.
  package init() throws(Errno) {
    let home = try Self.openCurrent()
    defer { close(home.rawValue) }
    // Going home at once shows whether we may; in a user namespace that borrows the host's network
    // one could leave and not come back.
    guard setns(home.rawValue, CLONE_NEWNET) == 0, unshare(CLONE_NEWNET) == 0 else {
      throw Errno(rawValue: errno)
    }
    let new = Result { () throws(Errno) in try Self.openCurrent() }
    Self.enter(home)
    descriptor = try new.get()
  }

  deinit {
    close(descriptor.rawValue)
  }

  /// Whether this process may make namespaces; found out once, by making one.
  package static let isPermitted = (try? NetworkNamespace()) != nil

  /// A name of this namespace that any process of this user can open while we live.
  package var path: String { "/proc/\(getpid())/fd/\(descriptor.rawValue)" }

  /// Runs `body` with the calling thread inside: sockets it opens belong here, and so does
  /// `/proc/thread-self/net` and `/proc/sys/net`.
  ///
  /// `body` must start neither a thread nor a task, for a new thread would stay inside.
  package func run<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let home = try? Self.openCurrent() else { fatalError("no /proc/thread-self/ns/net") }
    Self.enter(descriptor)
    defer {
      Self.enter(home)
      close(home.rawValue)
    }
    return try body()
  }

  private static func openCurrent() throws(Errno) -> FileDescriptor {
    let descriptor = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: descriptor)
  }

  /// Going on in the wrong namespace could change the host's network, so that a failure traps.
  private static func enter(_ descriptor: FileDescriptor) {
    guard setns(descriptor.rawValue, CLONE_NEWNET) == 0 else {
      fatalError("setns: \(Errno(rawValue: errno))")
    }
  }
}
