import CLinux

/// A child in the background whose parent waits until it is ready or has failed.
package final class BackgroundProcess {
  private let readiness: Descriptor

  private init(readiness: consuming Descriptor) {
    self.readiness = readiness
  }

  /// Forks; returns in the child only.
  ///
  /// The child has its own session, `/` as its directory and umask 022. The parent exits with 0
  /// once the child calls `becomeReady`, or as the child exits if that comes first.
  package static func start() throws(SystemError) -> BackgroundProcess {
    var ends: [CInt] = [-1, -1]
    try call("pipe") { unsafe pipe2(&ends, CInt(O_CLOEXEC)) }
    let reading = Descriptor(owning: ends[0])
    let writing = Descriptor(owning: ends[1])
    let child = try call("fork") { linux_fork() }
    if child != 0 { exit(awaitReadiness(of: child, reading: reading, discarding: writing)) }
    try call("setsid") { setsid() }
    try call("chdir") { unsafe chdir("/") }
    umask(0o022)
    return BackgroundProcess(readiness: writing)
  }

  /// Lets the parent go, and the terminal: input and output are `/dev/null` from now on.
  package func becomeReady() throws(SystemError) {
    let number = try call("open /dev/null") {
      unsafe linux_open("/dev/null", O_RDWR | O_CLOEXEC, 0)
    }
    let null = Descriptor(owning: number)
    for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      try call("redirect to /dev/null") { dup2(null.number, standard) }
    }
    var ready: UInt8 = 1
    // A parent that is gone needs no answer.
    _ = unsafe write(readiness.number, &ready, 1)
  }

  /// The status to exit with: 0 once the child is ready, its own if it ends before.
  ///
  /// Only the child may hold the writing end, or its death would not be seen.
  private static func awaitReadiness(
    of child: CInt, reading: consuming Descriptor, discarding writing: consuming Descriptor
  ) -> CInt {
    drop(writing)
    var ready: UInt8 = 0
    let count = try? call("wait for child") { unsafe read(reading.number, &ready, 1) }
    if count == 1 { return 0 }
    var status: CInt = 0
    _ = try? call("wait for child") { unsafe waitpid(child, &status, 0) }
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
  }

  private static func drop(_ descriptor: consuming Descriptor) {}
}
