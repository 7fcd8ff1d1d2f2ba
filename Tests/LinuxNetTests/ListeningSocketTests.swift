import Glibc
import LinuxNet
import NetworkLab
import Testing

/// The files that come with a socket others connect to.
struct ListeningSocketTests {
  private let directory = "/tmp/ndpproxy-socket-\(UInt64.random(in: 0 ... .max))"
  private var path: String { directory + "/control" }

  private func look(at path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  private func withDirectory(_ body: () throws -> Void) throws {
    try #require(mkdir(directory, 0o700) == 0)
    defer { system("rm -r \(directory) \(directory).old 2>/dev/null") }
    try body()
  }

  @Test(.enabled(if: geteuid() == 0))
  func `it has its group from the first moment, and ours is what it was`() throws {
    try withDirectory {
      let socket = try ListeningSocket(path: path, group: 12345)
      let status = try #require(look(at: path))
      #expect(status.st_gid == 12345 && status.st_uid == 0)
      #expect(status.st_mode == S_IFSOCK | 0o660)
      #expect(system("touch \(directory)/file") == 0)
      #expect(open("\(directory)/own", O_CREAT | O_CLOEXEC, 0o600) >= 0)
      #expect(look(at: "\(directory)/own")?.st_gid == getegid())
      withExtendedLifetime(socket) {}
    }
  }

  @Test func `only what is ours is removed`() throws {
    try withDirectory {
      var socket: ListeningSocket? = try ListeningSocket(path: path, group: nil)
      withExtendedLifetime(socket) {}
      socket = nil
      #expect(look(at: path) == nil)
      socket = try ListeningSocket(path: path, group: nil)
      #expect(unlink(path) == 0 && symlink("/etc/passwd", path) == 0)
      withExtendedLifetime(socket) {}
      socket = nil
      #expect(look(at: path)?.st_mode == S_IFLNK | 0o777)
    }
  }

  @Test func `nothing is removed in another directory that takes the place`() throws {
    try withDirectory {
      var socket: ListeningSocket? = try ListeningSocket(path: path, group: nil)
      #expect(rename(directory, directory + ".old") == 0 && mkdir(directory, 0o700) == 0)
      #expect(link(directory + ".old/control", path) == 0)
      withExtendedLifetime(socket) {}
      socket = nil
      #expect(look(at: directory + ".old/control") == nil)
      #expect(look(at: path) != nil)
    }
  }

  @Test(arguments: ["file", "link", "directory", "pipe", "listening"])
  func `what is no socket that was left behind stays`(kind: String) throws {
    try withDirectory {
      var listener: ListeningSocket?
      let command =
        switch kind {
        case "file": "echo precious >\(path)"
        case "link": "ln -s nowhere \(path)"
        case "directory": "mkdir \(path)"
        case "pipe": "mkfifo \(path)"
        default: "true"
        }
      #expect(system(command) == 0)
      if kind == "listening" { listener = try ListeningSocket(path: path, group: nil) }
      let before = look(at: path)?.st_ino
      #expect(throws: SystemError.self) { try ListeningSocket(path: path, group: nil) }
      #expect(look(at: path)?.st_ino == before)
      #expect(look(at: directory + "/nowhere") == nil)
      withExtendedLifetime(listener) {}
    }
  }

  @Test(.enabled(if: geteuid() == 0))
  func `a directory is given to its user, and no other's is`() throws {
    let file = try TemporaryFile(containing: "some:x:12345:12346::/:\nother:x:12347:12348::/:\n")
    let some = Privileges.User(named: "some", in: file.path)
    let other = Privileges.User(named: "other", in: file.path)
    try withDirectory {
      let made = directory + "/made"
      try RegularFile.makeDirectory(made, owner: some)
      #expect(look(at: made)?.st_uid == 12345 && look(at: made)?.st_gid == 12346)
      #expect(look(at: made)?.st_mode == S_IFDIR | 0o755)
      // An earlier daemon's that was somebody else.
      try RegularFile.makeDirectory(made, owner: other)
      #expect(look(at: made)?.st_uid == 12347)
      try RegularFile.makeDirectory(made, owner: nil)
      #expect(look(at: made)?.st_uid == 0)
      // Root's stays root's.
      try RegularFile.makeDirectory(made, owner: some)
      #expect(look(at: made)?.st_uid == 0)
      // What only leads there, or is none, stays.
      let link = directory + "/link"
      #expect(symlink(made, link) == 0)
      try RegularFile.makeDirectory(link, owner: some)
      #expect(look(at: made)?.st_uid == 0 && look(at: link)?.st_uid == 0)
      try RegularFile.makeDirectory(file.path, owner: some)
      #expect(look(at: file.path)?.st_uid == 0)
    }
  }
}
