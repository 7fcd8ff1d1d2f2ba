import Glibc
import LinuxNet
import Testing

/// What the kernel refuses once the filter is there; each case in a process of its own.
struct SystemCallFilterTests {
  @Test func `no program can be started`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
      #expect(execv("/bin/true", &arguments) == -1)
      exit(errno == ENOSYS ? 0 : 1)
    }
  }

  @Test func `the root directory stays`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      exit(chroot("/") == -1 && errno == ENOSYS ? 0 : 1)
    }
  }

  @Test func `what the daemon needs goes on`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      let file = open("/proc/thread-self/status", O_RDONLY)
      var octets = [UInt8](repeating: 0, count: 4096)
      let count = read(file, &octets, octets.count)
      let text = String(decoding: octets[..<max(count, 0)], as: UTF8.self)
      exit(text.contains("Seccomp:\t2") ? 0 : 1)
    }
  }

  @Test func `sockets of other families are not made`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      let type = CInt(SOCK_DGRAM.rawValue)
      for family in [AF_UNIX, AF_INET6, AF_NETLINK] {
        guard socket(family, type, 0) >= 0 else { exit(family) }
      }
      // Not refused by the filter, whatever else is missing.
      guard socket(AF_PACKET, type, 0) >= 0 || errno == EPERM else { exit(AF_PACKET) }
      for family in [AF_INET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, 300] {
        guard socket(family, type, 0) == -1, errno == EAFNOSUPPORT else { exit(family) }
      }
    }
  }

  @Test func `no memory becomes executable`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      guard let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, flags, -1, 0), page != MAP_FAILED
      else { exit(2) }
      guard mprotect(page, 4096, PROT_READ) == 0 else { exit(3) }
      guard mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1, errno == EACCES else { exit(4) }
      guard mmap(nil, 4096, PROT_READ | PROT_EXEC, flags, -1, 0) == MAP_FAILED, errno == EACCES
      else { exit(5) }
    }
  }

  @Test func `no file is written to`() async {
    await #expect(processExitsWith: .success) {
      let path = "/tmp/ndpproxy-filter-\(getpid())"
      close(open(path, O_WRONLY | O_CREAT, 0o600))
      try SystemCallFilter.install()
      for flags in [O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC] {
        guard open(path, flags, 0o600) == -1, errno == EROFS else { exit(flags + 10) }
      }
      guard open(path, O_RDONLY) >= 0, unlink(path) == 0 else { exit(2) }
    }
  }

  @Test func `no other process gets a signal`() async {
    await #expect(processExitsWith: .success) {
      try SystemCallFilter.install()
      guard kill(getppid(), 0) == -1, errno == ENOSYS else { exit(2) }
      signal(SIGUSR1, SIG_IGN)
      guard raise(SIGUSR1) == 0 else { exit(3) }
    }
  }

  @Test func `a daemon that traps ends by its signal`() async {
    await #expect(processExitsWith: .signal(SIGABRT)) {
      try SystemCallFilter.install()
      abort()
    }
  }
}
