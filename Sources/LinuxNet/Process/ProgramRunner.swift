import CLinux

/// A process that runs programs for this one, without its privileges: one after the other, each for
/// a limited time.
///
/// It is forked while this process may still start others, and ends with it. It has no capabilities
/// and gets none; its programs have `/dev/null` as input, `/` as directory, this process's output,
/// and no other descriptor.
package final class ProgramRunner: Pollable {
  private let descriptor: Descriptor

  /// How long a program may run, in seconds; then it is killed with its process group.
  package static let timeLimit = 10

  private init(_ descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  package var pollDescriptor: CInt { descriptor.number }

  /// Forks the process.
  ///
  /// Call it before system calls are limited, and while there is one thread only.
  package static func start() throws(SystemError) -> ProgramRunner {
    var ends: [CInt] = [-1, -1]
    let type = CInt(SOCK_SEQPACKET.rawValue) | CInt(O_CLOEXEC)
    try call("make a socket pair") { unsafe socketpair(AF_UNIX, type, 0, &ends) }
    let ours = Descriptor(owning: ends[0])
    let theirs = Descriptor(owning: ends[1])
    let child = try call("fork") { linux_fork() }
    guard child == 0 else { return ProgramRunner(ours) }
    // What the daemon holds is not held here: its sockets would fill, and its locks would last.
    CurrentProcess.closeInheritedDescriptors(except: [theirs.number])
    do {
      try Privileges.drop(to: nil, keeping: [])
    } catch {
      // A service manager may forbid it where there is nothing to give up.
      if Privileges.hasAny { _exit(1) }
    }
    _ = unsafe chdir("/")
    serve(theirs.number)
  }

  /// Has a program run, its path first, with this environment (`NAME=VALUE`).
  ///
  /// False where so many wait that there is no room.
  package func run(_ program: [String], environment: [String]) throws(SystemError) -> Bool {
    let fields = ["\(environment.count)"] + environment + program
    let message = fields.map { Array($0.utf8) }.joined(separator: [0])
    let octets = Array(message)
    guard octets.count <= Self.messageLimit else { return false }
    let sent = try callUnlessBlocked("request a program") {
      unsafe send(descriptor.number, octets, octets.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }
    return sent != nil
  }

  private static let messageLimit = 1 << 15

  /// What became of the programs that have ended since the last call, a sentence for each that did
  /// not succeed; `nil` where the process itself is gone.
  package func takeFailures() throws(SystemError) -> [String]? {
    var failures: [String] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while let count = try callUnlessBlocked(
      "read messages about programs",
      { unsafe recv(descriptor.number, &buffer, buffer.count, CInt(MSG_DONTWAIT)) })
    {
      if count == 0 { return nil }
      let text = String(decoding: buffer[..<count], as: UTF8.self)
      if text != "done" { failures.append(text) }
    }
    return failures
  }

  // MARK: In the other process

  private static func serve(_ number: CInt) -> Never {
    var buffer = [UInt8](repeating: 0, count: messageLimit)
    while true {
      let count = unsafe recv(number, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(0) }
      let fields = buffer[..<count].split(separator: 0, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard let environmentCount = fields.first.flatMap({ Int($0) }),
        fields.count > environmentCount + 1
      else { continue }
      let outcome = Array(
        run(
          Array(fields[(environmentCount + 1)...]),
          environment: Array(fields[1...environmentCount])
        ).utf8.prefix(1000))
      _ = unsafe send(number, outcome, outcome.count, CInt(MSG_NOSIGNAL))
    }
  }

  /// Runs one program to its end; `done`, or what went wrong.
  private static func run(_ program: [String], environment: [String]) -> String {
    var process: pid_t = 0
    let refusal = spawn(program, environment, &process)
    guard refusal == 0 else { return "\(program[0]): \(ErrorNumber(rawValue: refusal))" }
    var status: CInt = 0
    let step = 10
    for _ in 0..<timeLimit * 1000 / step {
      let ended = unsafe waitpid(process, &status, WNOHANG)
      if ended == process { return outcome(of: program[0], status) }
      if ended < 0, errno != EINTR { return "\(program[0]): \(ErrorNumber.current)" }
      usleep(useconds_t(step * 1000))
    }
    kill(-process, SIGKILL)
    _ = unsafe waitpid(process, &status, 0)
    return "\(program[0]): killed, because it ran for more than \(timeLimit) s"
  }

  private static func outcome(of path: String, _ status: CInt) -> String {
    let signal = status & 0x7f
    if signal != 0 { return "\(path): ended by signal \(signal)" }
    let code = status >> 8 & 0xff
    return code == 0 ? "done" : "\(path): exit status \(code)"
  }

  /// `posix_spawn` in a process group of its own, with no signal blocked or ignored.
  private static func spawn(
    _ program: [String], _ environment: [String], _ process: inout pid_t
  ) -> CInt {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    var arguments = unsafe program.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    return unsafe posix_spawn(
      &process, program[0], &actions, &attributes, &arguments, &variables)
  }
}
