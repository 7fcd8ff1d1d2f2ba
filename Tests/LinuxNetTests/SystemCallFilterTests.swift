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
}
