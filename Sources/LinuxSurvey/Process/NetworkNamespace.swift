import CLinux
import Glibc
package import LinuxNet

/// A network namespace of its own, alive as long as this object or a process or socket inside it.
///
/// It is held by a descriptor: nothing is mounted or named, so that the kernel frees it with this
/// process, however that ends. Needs CAP_SYS_ADMIN in its user namespace.
package final class NetworkNamespace: Sendable {
  private let descriptor: Descriptor

  /// Makes an empty namespace: a loopback that is down, and nothing else.
  ///
  /// Throws `EPERM` where it is not allowed; see `isPermitted`. Some 500 µs.
  package init() throws(SystemError) {
    let home = try Self.current()
    // Going home at once shows whether we may; in a user namespace that borrows the host's network
    // one could leave and not come back.
    try call("enter the present network namespace") { setns(home.number, CLONE_NEWNET) }
    try call("make a network namespace") { unshare(CLONE_NEWNET) }
    defer { Self.enter(home) }
    descriptor = try Self.current()
  }

  /// Whether this process may make namespaces; found out once, by making one.
  package static let isPermitted = (try? NetworkNamespace()) != nil

  /// A name of this namespace that any process of this user can open while we live.
  package var path: String { "/proc/\(getpid())/fd/\(descriptor.number)" }

  /// Runs `body` with the calling thread inside, so that sockets it opens belong here.
  ///
  /// So do `/proc/sys/net` and `/proc/thread-self/net`, but `/proc/net` does not. `body` must start
  /// neither a thread nor a task, for a new thread would stay inside. Throws what `body` throws.
  package func run<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let home = try? Self.current() else { fatalError("no way back from a namespace") }
    Self.enter(descriptor)
    defer { Self.enter(home) }
    return try body()
  }

  private static func current() throws(SystemError) -> Descriptor {
    let path = "/proc/thread-self/ns/net"
    return Descriptor(owning: try call("open \(path)") { unsafe open(path, O_RDONLY | O_CLOEXEC) })
  }

  /// Going on in the wrong namespace could change the host's network, so that a failure traps.
  private static func enter(_ namespace: borrowing Descriptor) {
    let number = namespace.number
    do throws(SystemError) {
      try call("enter a network namespace") { setns(number, CLONE_NEWNET) }
    } catch {
      fatalError("\(error)")
    }
  }
}
