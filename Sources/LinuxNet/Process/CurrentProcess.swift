import CLinux

/// The process we are.
package enum CurrentProcess {
  /// The value of an environment variable; `nil` if it is not set.
  package static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The number by which others know it.
  package static var number: Int32 { getpid() }

  /// Overwrites and removes all environment variables, so that neither this process nor whoever may
  /// read `/proc/PID/environ` finds in them what whoever started us left there.
  ///
  /// Values that were replaced or removed before stay in memory. For a process with one thread;
  /// nothing may still point into the environment.
  package static func clearEnvironment() {
    var variable = unsafe linux_environ
    while let place = unsafe variable, let text = unsafe place.pointee {
      unsafe memset(text, 0, strlen(text))
      unsafe variable = place + 1
    }
    clearenv()
  }

  /// Closes every descriptor but input, output, error and those in `kept`.
  ///
  /// What whoever started us left open is none of ours, and keeps something alive for them. Nothing
  /// of our own may be open yet.
  package static func closeInheritedDescriptors(except kept: Set<CInt> = []) {
    var first = STDERR_FILENO + 1
    for number in kept.sorted() where number >= first {
      closeAll(from: first, to: number - 1)
      first = number + 1
    }
    closeAll(from: first, to: .max)
  }

  private static func closeAll(from first: CInt, to last: CInt) {
    guard first <= last, close_range(UInt32(first), UInt32(last), 0) != 0 else { return }
    // Linux before 5.9 has no close_range(2). More than the limit could only be open if it was
    // lowered since.
    var limit = rlimit()
    let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    let end = isKnown ? min(limit.rlim_cur, highestDescriptor) : highestDescriptor
    for number in stride(from: first, through: min(last, CInt(end)), by: 1) { close(number) }
  }

  /// Where closing one by one ends; it takes some 20 ms up to here.
  private static let highestDescriptor: rlim_t = 65536

  /// Becomes another program, found on `PATH`; `command` begins with its name.
  ///
  /// Comes back only to throw why it could not.
  package static func replace(with command: [String]) throws(SystemError) -> Never {
    var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    unsafe execvp(command[0], &arguments)
    throw SystemError("execute \(command[0])", .current)
  }
}
