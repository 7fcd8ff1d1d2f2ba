import CLinux

/// The heap of this process, as the C library manages it.
package enum Heap {
  /// Has every block of 32 KiB and more mapped by itself, so that the kernel has it back when it is
  /// freed (mallopt(3)).
  ///
  /// Tables that grow would leave what they outgrew in the heap otherwise. To be called first of
  /// all: the heap begins with 132 KiB of room, from which large blocks would be taken, too.
  package static func mapLargeBlocks() {
    mallopt(M_MMAP_THRESHOLD, 32 << 10)
    mallopt(M_TOP_PAD, 4 << 10)
  }

  /// Gives the kernel back what was freed (malloc_trim(3)).
  ///
  /// After a start or a reload: what reading a configuration took is not needed again.
  package static func trim() { malloc_trim(0) }
}
