import CLinux
import Glibc

/// What the C library's allocator has given to this process (mallinfo(3)).
package enum HeapStatistics {
  /// The octets that are allocated now, large blocks included, without the allocator's own.
  package static var allocatedOctets: Int {
    let statistics = mallinfo2()
    return statistics.uordblks + statistics.hblkhd
  }
}
