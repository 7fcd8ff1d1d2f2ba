import CLinux
import Synchronization

/// Memory for one datagram from netlink, while it is read.
///
/// All sockets share one piece of memory. Only who receives while another datagram is being read
/// gets memory of its own. What a long datagram took is given back to the kernel: after the start
/// nearly all are short.
@safe struct NetlinkBuffer: ~Copyable {
  let octets: UnsafeMutableRawBufferPointer
  /// How many octets were received.
  var length = 0

  /// More than the kernel puts into one datagram.
  private static let capacity = 64 << 10
  private static let page = Int(sysconf(CInt(_SC_PAGESIZE)))

  /// The memory that nobody is using; who takes it owns it.
  private nonisolated(unsafe) static let spare = unsafe Atomic<UnsafeMutableRawPointer?>(nil)

  init() {
    let memory =
      unsafe Self.spare.exchange(nil, ordering: .acquiring)
      ?? .allocate(byteCount: Self.capacity, alignment: Self.page)
    unsafe octets = UnsafeMutableRawBufferPointer(start: memory, count: Self.capacity)
  }

  deinit {
    if length > Self.page {
      unsafe madvise(octets.baseAddress! + Self.page, Self.capacity - Self.page, MADV_DONTNEED)
    }
    let other = unsafe Self.spare.exchange(octets.baseAddress, ordering: .acquiringAndReleasing)
    unsafe other?.deallocate()
  }
}
