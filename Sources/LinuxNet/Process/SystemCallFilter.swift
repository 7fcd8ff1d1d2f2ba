import CLinux

/// The system calls that a daemon needs which opens nothing new but files, netlink, Unix and packet
/// sockets (seccomp(2)); the kernel refuses all others.
package enum SystemCallFilter {
  /// Has the kernel refuse all other calls from now on, in this process and its children.
  ///
  /// What is refused fails with `ENOSYS`, for which the C library has other ways. Of some calls
  /// only certain arguments are refused: sockets of other families, memory that is executable,
  /// files that are opened for writing, signals to other processes. It needs `no_new_privs`, which
  /// it sets, and cannot be taken back. Throws where the kernel does not know seccomp, or on a
  /// processor whose calls are not listed here.
  ///
  /// With `writesFiles`, files may be made, written and renamed, as far as this user may.
  /// `programCommands` are for who has programs in the kernel: what it may have bpf(2) do, as far
  /// as its capabilities allow.
  package static func install(
    writesFiles: Bool = false, programCommands: [CInt] = []
  ) throws(SystemError) {
    guard let architecture else {
      throw SystemError("limit system calls on this processor", .notSupported)
    }
    guard linux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 else {
      throw SystemError("forbid new privileges", .current)
    }
    var program = program(
      for: architecture, writesFiles: writesFiles, programCommands: programCommands)
    try call("limit system calls") {
      unsafe program.withUnsafeMutableBufferPointer { buffer in
        let option = unsafe sock_fprog(len: UInt16(buffer.count), filter: buffer.baseAddress)
        return unsafe withUnsafePointer(to: option) { pointer in
          linux_prctl(
            PR_SET_SECCOMP, UInt(SECCOMP_MODE_FILTER), UInt(bitPattern: pointer), 0, 0)
        }
      }
    }
  }

  /// Where things stand in `struct seccomp_data`; of arguments the lower half (little-endian), for
  /// all that are looked at are of type int, or flags below 2³².
  private enum Field {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4
    static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }
  }

  /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` of linux/audit.h, which Swift does not import.
  private static var architecture: UInt32? {
    #if arch(x86_64)
      0xC000_003E
    #elseif arch(arm64)
      0xC000_00B7
    #else
      nil
    #endif
  }

  private static func program(
    for architecture: UInt32, writesFiles: Bool, programCommands: [CInt]
  ) -> [sock_filter] {
    var program = [
      statement(BPF_LD | BPF_W | BPF_ABS, Field.architecture),
      jump(ifEqual: architecture, over: 1), refuse(ENOSYS),
      statement(BPF_LD | BPF_W | BPF_ABS, Field.number),
    ]
    // Numbers of the x32 interface are others, and so not among these.
    for number in portable + older + (writesFiles ? writing : []) {
      program.append(jump(unlessEqual: UInt32(number), over: 1))
      program.append(allow)
    }
    // Of a number that is allowed above, what comes here is never looked at.
    let programs = (SYS_bpf, allow(programCommands, at: 0, otherwise: EPERM))
    for (number, check) in checks + (programCommands.isEmpty ? [] : [programs]) {
      program.append(jump(unlessEqual: UInt32(number), over: UInt8(check.count)))
      program += check
    }
    return program + [refuse(ENOSYS)]
  }

  private static var allow: sock_filter { statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) }

  private static func refuse(_ error: CInt) -> sock_filter {
    statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | UInt32(error))
  }

  /// Allows a call if an argument is one of these, and refuses it otherwise.
  private static func allow(
    _ values: [CInt], at index: UInt32, otherwise error: CInt
  ) -> [sock_filter] {
    [statement(BPF_LD | BPF_W | BPF_ABS, Field.argument(index))]
      + values.flatMap { [jump(unlessEqual: UInt32(bitPattern: $0), over: 1), allow] }
      + [refuse(error)]
  }

  /// Refuses a call if an argument has one of these bits, and allows it otherwise.
  private static func refuse(
    _ bits: CInt, at index: UInt32, with error: CInt
  ) -> [sock_filter] {
    [
      statement(BPF_LD | BPF_W | BPF_ABS, Field.argument(index)),
      sock_filter(
        code: UInt16(BPF_JMP | BPF_JSET | BPF_K), jt: 0, jf: 1, k: UInt32(bitPattern: bits)),
      refuse(error), allow,
    ]
  }

  private static func statement(_ code: CInt, _ constant: UInt32) -> sock_filter {
    sock_filter(code: UInt16(code), jt: 0, jf: 0, k: constant)
  }

  private static func jump(ifEqual constant: UInt32, over count: UInt8) -> sock_filter {
    sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: count, jf: 0, k: constant)
  }

  private static func jump(unlessEqual constant: UInt32, over count: UInt8) -> sock_filter {
    sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 0, jf: count, k: constant)
  }
}

extension SystemCallFilter {
  /// By what they are for; those first that come with every packet.
  private static let portable: [CInt] = [
    // Waiting, packets, netlink, logs, clients.
    SYS_epoll_pwait, SYS_recvmmsg, SYS_sendmmsg, SYS_timerfd_settime, SYS_ppoll, SYS_read,
    SYS_write, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg,
    // Sockets of interfaces to come, logs that come back, clients that connect.
    SYS_bind, SYS_listen, SYS_connect, SYS_accept4, SYS_shutdown, SYS_setsockopt, SYS_getsockopt,
    SYS_getsockname, SYS_getpeername, SYS_epoll_ctl, SYS_close, SYS_fcntl,
    // A configuration that is read again, with what it includes; the pid file at the end.
    SYS_lseek, SYS_pread64, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_faccessat,
    SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_unlinkat,
    // Files that conditions are about.
    SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch,
    // Memory.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    // Time, chance, signals, and who we are.
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
    SYS_getrandom, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
    SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
    SYS_capget, SYS_uname, SYS_getrlimit, SYS_prlimit64, SYS_getrusage, SYS_futex,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_restart_syscall, SYS_exit, SYS_exit_group,
  ]

  /// Calls that newer processors never had.
  private static var older: [CInt] {
    #if arch(x86_64)
      [
        SYS_epoll_wait, SYS_poll, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
        SYS_unlink, SYS_time,
      ]
    #else
      []
    #endif
  }

  /// What it takes to write a file and put it in the place of another.
  private static var writing: [CInt] {
    #if arch(x86_64)
      [SYS_openat, SYS_renameat, SYS_renameat2, SYS_fsync, SYS_open, SYS_rename]
    #else
      [SYS_openat, SYS_renameat, SYS_renameat2, SYS_fsync]
    #endif
  }

  /// Calls of which not everything is allowed.
  private static var checks: [(CInt, [sock_filter])] {
    let writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC
    var checks: [(CInt, [sock_filter])] = [
      // Packets, netlink, clients and logs, group memberships.
      (
        SYS_socket,
        allow([AF_PACKET, AF_NETLINK, AF_UNIX, AF_INET6], at: 0, otherwise: EAFNOSUPPORT)
      ),
      (SYS_mmap, refuse(PROT_EXEC, at: 2, with: EACCES)),
      (SYS_mprotect, refuse(PROT_EXEC, at: 2, with: EACCES)),
      (SYS_openat, refuse(writing, at: 2, with: EROFS)),
      // abort(3) sends itself a signal.
      (SYS_tgkill, allow([getpid()], at: 0, otherwise: EPERM)),
    ]
    #if arch(x86_64)
      checks.append((SYS_open, refuse(writing, at: 1, with: EROFS)))
    #endif
    return checks
  }
}
