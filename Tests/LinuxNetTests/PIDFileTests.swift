import Glibc
import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// What `-p` takes for a pid file, and what it leaves alone.
struct PIDFileTests {
  /// A directory of its own, gone with the object.
  private final class Place {
    let path = "/tmp/ndpproxy-pid-\(UInt64.random(in: 0 ... .max))"
    var file: String { path + "/pid" }

    init() { mkdir(path, 0o700) }
    deinit { system("rm -r \(path)") }

    func write(_ text: String, mode: mode_t = 0o644) throws {
      let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, mode)
      try #require(descriptor >= 0)
      #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
      close(descriptor)
    }

    var text: String? {
      (try? RegularFile(file, limit: 1000).octets).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// All that stat(2) tells of a file but when it was read.
  private func look(at path: String) throws -> [Int] {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return [
      Int(status.st_ino), Int(status.st_mode), Int(status.st_uid), Int(status.st_nlink),
      Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
      status.st_ctim.tv_nsec,
    ]
  }

  private func refusal(of path: String) -> PIDFile.Refusal? {
    do {
      _ = try PIDFile(path: path)
      return nil
    } catch {
      return error
    }
  }

  private func isForeign(_ refusal: PIDFile.Refusal?) -> Bool {
    if case .foreign = refusal { true } else { false }
  }

  @Test(arguments: [nil, "", "1", "123\n", "4194304\n", "2147483647\n", "0"])
  func `a pid file is written, held and removed`(text: String?) throws {
    let place = Place()
    if let text { try place.write(text) }
    var file: PIDFile? = try PIDFile(path: place.file)
    #expect(place.text == "\(getpid())\n")
    #expect(refusal(of: place.file) == .held)
    #expect(place.text == "\(getpid())\n")
    withExtendedLifetime(file) {}
    file = nil
    #expect(place.text == nil)
  }

  @Test(arguments: [
    "root:x:0:0:root:/root:/bin/sh\n", "proxy eth0 {\n}\n", "12x", "12 ", " 12", "12\n\n",
    "12\n34\n", "\n", "-1\n", "+1", "0x1f", "1\0", "2147483648\n", "00000000000", "000000000000",
    "00000000000000000000", "12\r\n", "１２",
  ])
  func `what holds something else is left as it is`(text: String) throws {
    let place = Place()
    try place.write(text)
    let before = try look(at: place.file)
    #expect(isForeign(refusal(of: place.file)))
    #expect(try look(at: place.file) == before)
    #expect(place.text == text)
  }

  @Test func `what is no file of its own is left as it is`() throws {
    let kinds = [
      ("directory", "mkdir"), ("pipe", "mkfifo"), ("device", "mknod -m 666 %s c 1 3"),
      ("symbolic link", "ln -s target"), ("symbolic link", "ln -s nowhere"),
      ("symbolic link", "ln -s /dev/null"),
      ("socket", "python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'"),
      ("another name", "ln target"),
    ]
    for (kind, command) in kinds {
      let place = Place()
      #expect(system("printf 12 >\(place.path)/target") == 0)
      let words =
        command.contains("%s") ? command.replacing("%s", with: "pid") : "\(command) pid"
      #expect(system("cd \(place.path) && \(words)") == 0)
      let before = try look(at: place.file)
      let refusal = refusal(of: place.file)
      #expect("\(refusal.map { "\($0)" } ?? "")".contains(kind), "\(command)")
      #expect(try look(at: place.file) == before, "\(command)")
      let target = try RegularFile(place.path + "/target", limit: 10)
      #expect(target.octets == Array("12".utf8))
      #expect(access(place.path + "/nowhere", F_OK) != 0)
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `another user's file is left as it is`() throws {
    let place = Place()
    try place.write("12\n")
    #expect(chown(place.file, 12345, 12345) == 0)
    let before = try look(at: place.file)
    #expect(refusal(of: place.file) == .foreign("a file of user 12345"))
    #expect(try look(at: place.file) == before)
  }

  @Test func `others may not write to it any more`() throws {
    let place = Place()
    try place.write("12\n")
    #expect(chmod(place.file, 0o666) == 0)
    let file = try PIDFile(path: place.file)
    #expect(try look(at: place.file)[1] & 0o777 == 0o644)
    withExtendedLifetime(file) {}
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `a setting of the kernel is no pid file`() throws {
    let namespace = try NetworkNamespace()
    let path = "/proc/sys/net/ipv6/conf/lo/hop_limit"
    namespace.run {
      #expect(isForeign(refusal(of: path)))
      #expect((try? RegularFile(path, limit: 10).octets) == Array("64\n".utf8))
    }
  }

  @Test func `what cannot be made is told, and nothing is left`() throws {
    let place = Place()
    let missing = refusal(of: place.path + "/no/pid")
    #expect("\(missing.map { "\($0)" } ?? "")".contains("No such file or directory"))
    #expect(access(place.path + "/no", F_OK) != 0)
  }

  @Test(.enabled(if: geteuid() == 0))
  func `a directory that is not ours is told`() async {
    await #expect(processExitsWith: .success) {
      guard setresgid(12345, 12345, 12345) == 0, setresuid(12345, 12345, 12345) == 0 else {
        exit(2)
      }
      do throws(PIDFile.Refusal) {
        _ = try PIDFile(path: "/etc/ndpproxy-test.pid")
      } catch {
        guard case .system(let failure) = error else { exit(3) }
        exit(failure.isMissingPrivilege ? 0 : 4)
      }
      exit(1)
    }
  }

  @Test func `what somebody has put in its place stays`() throws {
    let place = Place()
    var file: PIDFile? = try PIDFile(path: place.file)
    #expect(unlink(place.file) == 0)
    try place.write("another's")
    withExtendedLifetime(file) {}
    file = nil
    #expect(place.text == "another's")
  }

  @Test func `no descriptor can write to it`() throws {
    let place = Place()
    let file = try PIDFile(path: place.file)
    var modes: [CInt] = []
    for number in 3..<CInt(4096) {
      var octets = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(number)", &octets, octets.count - 1)
      let name = octets.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
      guard String(decoding: name, as: UTF8.self) == place.file else { continue }
      modes.append(fcntl(number, F_GETFL) & O_ACCMODE)
    }
    #expect(modes == [O_RDONLY])
    withExtendedLifetime(file) {}
  }
}
