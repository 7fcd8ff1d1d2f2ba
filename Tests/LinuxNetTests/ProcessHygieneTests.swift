import CLinux
import Glibc
import LinuxNet
import NetworkLab
import Testing

/// What whoever starts a daemon leaves it, and what becomes of that; each case in a process.
struct ProcessHygieneTests {
  @Test func `an interval for signs of life is within bounds`() async {
    await #expect(processExitsWith: .success) {
      let rows: [(String, Duration?)] = [
        ("0", nil), ("", nil), ("-1", nil), ("garbage", nil), ("1e6", nil), (" 1000000", nil),
        ("99999999999999999999", nil), ("1", .milliseconds(100)), ("99999", .milliseconds(100)),
        ("100000", .milliseconds(100)), ("400000", .milliseconds(400)),
        ("30000000", .seconds(30)), ("3600000001", .seconds(3600)),
        ("9223372036854775807", .seconds(3600)), ("18446744073709551615", .seconds(3600)),
      ]
      for (index, row) in rows.enumerated() {
        setenv("WATCHDOG_USEC", row.0, 1)
        guard ServiceManager.watchdogInterval == row.1 else { exit(CInt(index + 1)) }
      }
      setenv("WATCHDOG_USEC", "400000", 1)
      setenv("WATCHDOG_PID", "\(getpid() + 1)", 1)
      guard ServiceManager.watchdogInterval == nil else { exit(100) }
    }
  }

  @Test func `descriptors of others are closed`() async {
    await #expect(processExitsWith: .success) {
      // In a process with one thread: others, of Dispatch, need descriptors of theirs.
      let child = linux_fork()
      guard child == 0 else {
        var status: CInt = 0
        guard child > 0, waitpid(child, &status, 0) == child else { exit(1) }
        exit(status == 0 ? 0 : max(1, status >> 8 & 0xff))
      }
      for number: CInt in [3, 7, 40, 1000] { dup2(STDERR_FILENO, number) }
      CurrentProcess.closeInheritedDescriptors(except: [7])
      for number: CInt in 0...1000 {
        let isOpen = fcntl(number, F_GETFD) != -1
        guard isOpen == (number <= STDERR_FILENO || number == 7) else { _exit(number % 200 + 10) }
      }
      CurrentProcess.closeInheritedDescriptors()
      guard fcntl(7, F_GETFD) == -1, fcntl(STDERR_FILENO, F_GETFD) != -1 else { _exit(2) }
      // All that a socket of the service manager leaves.
      for number: CInt in 3...5 { dup2(STDERR_FILENO, number) }
      CurrentProcess.closeInheritedDescriptors(except: [3])
      guard fcntl(3, F_GETFD) != -1, fcntl(4, F_GETFD) == -1 else { _exit(3) }
      _exit(0)
    }
  }

  @Test func `the environment is gone, for readers of proc as well`() async {
    await #expect(processExitsWith: .success) {
      func isToldOfPath() throws -> Bool {
        let octets = try RegularFile("/proc/self/environ", limit: 1 << 20).octets
        return String(decoding: octets, as: UTF8.self).contains("PATH=")
      }
      guard try isToldOfPath(), getenv("PATH") != nil else { exit(2) }
      CurrentProcess.clearEnvironment()
      guard try !isToldOfPath() else { exit(3) }
      guard getenv("PATH") == nil, CurrentProcess.environment("PATH") == nil else { exit(4) }
      // It can be used as ever, and cleared when there is none.
      setenv("A", "b", 1)
      guard CurrentProcess.environment("A") == "b" else { exit(5) }
      CurrentProcess.clearEnvironment()
      CurrentProcess.clearEnvironment()
      guard CurrentProcess.environment("A") == nil else { exit(6) }
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `the number that means no change is nobody to become`() async throws {
    await #expect(processExitsWith: .success) {
      let lines = "evil:x:4294967295:0::/:\nworse:x:1234:4294967295::/:\nsuper:x:4294967296:0::/:\n"
      let file = try TemporaryFile(containing: lines)
      guard Privileges.User(named: "super", in: file.path) == nil else { exit(2) }
      for name in ["evil", "worse"] {
        guard let user = Privileges.User(named: name, in: file.path) else { exit(3) }
        do {
          try Privileges.drop(to: user, keeping: [])
          exit(4)
        } catch {
          guard "\(error)".contains("4294967295"), getuid() == 0 else { exit(5) }
        }
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `who was root is somebody else for good`() async throws {
    await #expect(processExitsWith: .success) {
      let file = try TemporaryFile(containing: "some:x:12345:12346::/:\n")
      guard let user = Privileges.User(named: "some", in: file.path) else { exit(2) }
      try Privileges.drop(to: user, keeping: [.netRaw])
      guard getuid() == 12345, getgid() == 12346, getgroups(0, nil) == 0 else { exit(3) }
      guard setuid(0) == -1, setgid(0) == -1 else { exit(4) }
      guard Privileges.has(.netRaw), !Privileges.has(.netAdmin) else { exit(5) }
    }
  }

  @Test func `a user without a name has a number that nobody has`() throws {
    let nobody = try TemporaryFile(containing: "")
    func number(_ users: String, _ groups: String) throws -> UInt32? {
      let (users, groups) = (
        try TemporaryFile(containing: users), try TemporaryFile(containing: groups)
      )
      let user = Privileges.unnamedUser(users: users.path, groups: groups.path)
      #expect(user?.identifier == user?.group && user?.isShared != true)
      return user?.identifier
    }
    #expect(try number("", "") == 65520)
    #expect(try number("root:x:0:0::/:\na:x:65520:1::/:\n", "b:x:65521:\n") == 65522)
    let all = (65520...65534).map { "u\($0):x:\($0):1::/:\n" }.joined()
    #expect(try number(all, "") == nil)
    #expect(Privileges.unnamedUser(users: "/nowhere", groups: nobody.path)?.identifier == 65520)
    let file = try TemporaryFile(containing: "nobody:x:65534:65534::/:\n")
    #expect(Privileges.User(named: "nobody", in: file.path)?.isShared == true)
  }
}
