import CLinux

/// What the kernel lets this process have.
package enum ResourceLimits {
  /// Lets this process open as many files as it may have at the most; each interface takes some.
  ///
  /// Where that is not allowed it stays as it is.
  package static func openAllFiles() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
