import CLinux
import Glibc

/// What the C library's allocator has given to this process (mallinfo(3)).
package enum HeapStatistics {
  /// Gives the kernel back what was freed (malloc_trim(3)).
  ///
  /// After a start or a reload: what reading a configuration took is not needed again.
  package static func trim() { malloc_trim(0) }
}
