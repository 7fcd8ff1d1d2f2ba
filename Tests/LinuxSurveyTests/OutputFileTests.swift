import Glibc
import LinuxNet
import LinuxSurvey
import Testing

/// Where others may put links, pipes and devices, only files of ours are written.
@Suite(.timeLimit(.minutes(5)))
struct OutputFileTests {
  /// What somebody has put at the path that is written to, all in a sticky directory.
  enum Trap: String, CaseIterable {
    case link, danglingLink, linkToPipe, hardLink, pipe, device, directory, socket, others
  }

  private func withTrap(_ trap: Trap, _ body: (String) throws -> Void) throws {
    let root = "/tmp/ndpproxy-output-\(UInt64.random(in: 0 ... .max))"
    try #require(mkdir(root, 0o700) == 0)
    defer { system("rm -r \(root)") }
    try #require(chmod(root, 0o1777) == 0)
    let path = root + "/file"
    let commands: [Trap: String] = [
      .link: "ln -s target file", .danglingLink: "ln -s nowhere file",
      .linkToPipe: "mkfifo fifo; ln -s fifo file", .hardLink: "ln target file",
      .pipe: "mkfifo file", .device: "mknod file c 1 3", .directory: "mkdir file",
      .socket: "/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"file\")'",
      .others: "echo theirs > file; chown 65533 file",
    ]
    let command = try #require(commands[trap])
    try #require(system("cd \(root) && echo precious > target && { \(command); }") == 0)
    let before = try status(of: path)
    try body(path)
    let after = try status(of: path)
    #expect(before.st_ino == after.st_ino && before.st_mode == after.st_mode)
    #expect(before.st_size == after.st_size)
    #expect(system("cd \(root) && [ \"$(cat target)\" = precious ] && [ ! -e nowhere ]") == 0)
    #expect(system("cd \(root) && ! ls | grep -q new") == 0)
  }

  private func status(of path: String) throws -> stat {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return status
  }

  @Test(.enabled(if: getuid() == 0), arguments: Trap.allCases)
  func `what is not ours is refused, and stays`(trap: Trap) throws {
    try withTrap(trap) { path in
      #expect(throws: SystemError.self) { try OutputFile.make(path, with: "x") }
      #expect(throws: CaptureFailure.self) { _ = try PacketDump(path: path) }
      // Where the name alone is taken over, another name of the file does no harm.
      if trap != .hardLink {
        #expect(throws: SystemError.self) { try OutputFile.replace(path, with: "x") }
      }
    }
  }

  @Test func `what is ours is replaced or emptied where that is meant`() throws {
    let path = "/tmp/ndpproxy-output-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    let text = { () throws -> String in
      String(decoding: try RegularFile(path, limit: 100).octets, as: UTF8.self)
    }
    try OutputFile.make(path, with: "one\n")
    #expect(try text() == "one\n")
    #expect(throws: SystemError.self) { try OutputFile.make(path, with: "two\n") }
    try OutputFile.replace(path, with: "three\n")
    #expect(try text() == "three\n")
    try OutputFile.set(path, to: "S")
    #expect(try text() == "Shree\n")
    do { _ = try PacketDump(path: path) }
    #expect(try RegularFile(path, limit: 100).octets.count == 24)
  }

  @Test func `a name over a hard link leaves the other name alone`() throws {
    let path = "/tmp/ndpproxy-output-\(UInt64.random(in: 0 ... .max))"
    defer { system("rm -f \(path) \(path).b") }
    try OutputFile.make(path, with: "one")
    try #require(link(path, path + ".b") == 0)
    try OutputFile.replace(path + ".b", with: "two")
    #expect(try RegularFile(path, limit: 9).octets == Array("one".utf8))
  }

  @Test func `nothing but a regular file is so much as opened`() throws {
    let path = "/tmp/ndpproxy-output-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    try #require(mkfifo(path, 0o600) == 0)
    // A writer that waits for a reader would go on, were the pipe opened.
    let pid = try spawn("echo x > \(path)")
    usleep(100_000)
    #expect(throws: SystemError.self) { try RegularFile(path, limit: 9, isRequired: true) }
    usleep(100_000)
    var end: CInt = 0
    #expect(waitpid(pid, &end, WNOHANG) == 0)
    kill(pid, SIGKILL)
    waitpid(pid, &end, 0)
    for device in ["/dev/zero", "/dev/null", "/dev/tty"] {
      #expect(throws: SystemError.self) { try RegularFile(device, limit: 9, isRequired: true) }
    }
  }

  /// Runs a line of shell beside us.
  private func spawn(_ line: String) throws -> pid_t {
    var pid: pid_t = 0
    let texts = ["sh", "-c", line]
    var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    let status = posix_spawn(&pid, "/bin/sh", nil, nil, &words, environ)
    try #require(status == 0)
    return pid
  }

  @Test func `a private file is read by no link, and for its owner alone`() throws {
    let root = "/tmp/ndpproxy-output-\(UInt64.random(in: 0 ... .max))"
    let line =
      "mkdir -p \(root)/d && cd \(root) && echo > d/f && chmod 600 d/f && ln -s d/f l && ln -s d e"
    try #require(system(line) == 0)
    defer { system("rm -r \(root)") }
    for (name, isDirect) in [("d/f", true), ("./d/../d/f", true), ("l", false), ("e/f", false)] {
      let path = "\(root)/\(name)"
      let file = try? RegularFile(path, limit: 9, namedBy: getuid())
      #expect((file != nil) == isDirect, "\(name)")
      #expect((try? RegularFile(path, limit: 9, namedBy: getuid() + 1)) == nil)
    }
  }
}
