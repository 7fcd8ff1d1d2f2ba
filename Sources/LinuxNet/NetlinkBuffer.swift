import Glibc
import Synchronization

/// Memory for one datagram from netlink, while it is read.
///
/// All sockets share one piece of memory. Only who receives while another datagram is being read
/// gets memory of its own.
@safe struct NetlinkBuffer: ~Copyable {
  let octets: UnsafeMutableRawBufferPointer

  /// More than the kernel puts into one datagram.
  private static let capacity = 64 << 10

  /// The memory that nobody is using; who takes it owns it.
  private nonisolated(unsafe) static let spare = unsafe Atomic<UnsafeMutableRawPointer?>(nil)

  init() {
    let memory =
      unsafe Self.spare.exchange(nil, ordering: .acquiring)
      ?? .allocate(byteCount: Self.capacity, alignment: 16)
    unsafe octets = UnsafeMutableRawBufferPointer(start: memory, count: Self.capacity)
  }

  deinit {
    let other = unsafe Self.spare.exchange(octets.baseAddress, ordering: .acquiringAndReleasing)
    unsafe other?.deallocate()
  }
}
