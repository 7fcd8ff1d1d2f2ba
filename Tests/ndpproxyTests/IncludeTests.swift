import Glibc
import NetworkLab
import Testing

/// What `include` reads, and shows of what it has read.
@Suite(.enabled(if: getuid() == 0), .timeLimit(.minutes(5)))
struct IncludeTests {
  private static let secret = "precious {\n}"

  /// Checks a configuration that includes `path`, in a directory with what `prepare` makes of
  /// `secret`, a file with a secret.
  private func include(_ path: String, after prepare: String) async throws -> Run {
    try await withDirectory { root in
      try write(Self.secret + "\n", to: root + "/secret")
      try write("include \(path)\n", to: root + "/conf")
      let line = "cd \(root); chmod 755 .; chmod 644 conf; mkdir d; \(prepare)"
      try #require(system(line) == 0, "\(prepare)")
      return try await run("-t", "-o", "-c", root + "/conf")
    }
  }

  static let hidden = [
    ("d/x.conf", "ln -s ../secret d/x.conf"),
    ("d/*.conf", "ln -s ../secret d/x.conf"),
    ("d/*.conf", "ln -s secret y; ln -s ../y d/x.conf"),
    ("e/secret", "ln -s . e"),
    ("secret", "chown 65533 conf"),
    ("secret", "chown 65533 secret"),
    ("d/x.conf", "ln secret d/x.conf; chown 65533 conf"),
  ]

  @Test(arguments: hidden)
  func `what not everybody may read is not shown by way of others`(
    path: String, prepare: String
  ) async throws {
    let result = try await include(path, after: prepare)
    #expect(result.status == .exited(78))
    #expect(!result.complaint.contains("precious"))
    #expect(
      result.complaint.contains("the file is not readable by everyone"), "\(result.complaint)")
  }

  static let shown = [
    // It is the owner's own.
    ("secret", ":"),
    ("secret", "chown 65533 secret conf"),
    ("d/../secret", ":"),
    // Everybody may read it.
    ("d/x.conf", "ln -s ../secret d/x.conf; chmod 644 secret"),
    ("secret", "chown 65533 secret; chmod 644 secret"),
  ]

  @Test(arguments: shown)
  func `other files are read, and shown where they are wrong`(
    path: String, prepare: String
  ) async throws {
    let result = try await include(path, after: prepare)
    #expect(result.status == .exited(78))
    #expect(result.complaint.contains("precious"), "\(result.complaint)")
  }

  @Test(arguments: ["/dev/zero", "/dev/null", "fifo", "d/socket", "d", "/dev/tty"])
  func `what is no regular file is not opened`(path: String) async throws {
    let socket =
      "/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"d/socket\")'"
    let result = try await include(path, after: "mkfifo fifo; \(socket)")
    #expect(result.status == .exited(78))
    #expect(result.complaint.contains("this cannot be included"), "\(result.complaint)")
  }
}
