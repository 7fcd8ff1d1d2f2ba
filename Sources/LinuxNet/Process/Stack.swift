import CLinux

/// The stack of this process's first thread.
package enum Stack {
  /// How much of it is looked at, in octets: less than what the kernel keeps free below a stack.
  private static let length = 128 << 10

  /// Gives the kernel back the pages that were used before and are not used now (madvise(2)).
  ///
  /// After a start: what is called then goes deeper than what is called later.
  @inline(never)
  package static func trim() {
    var here: UInt8 = 0
    unsafe withUnsafeMutablePointer(to: &here) { pointer in
      let page = sysconf(CInt(_SC_PAGESIZE))
      // What this function and what it calls use is in the page of its variables and the next.
      let end = Int(bitPattern: pointer) / page * page - page
      _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: end - length), length, MADV_DONTNEED)
    }
  }
}
