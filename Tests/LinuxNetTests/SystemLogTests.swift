import Glibc
import LinuxNet
import Testing

/// The system log, played by a socket that reads when it likes.
struct SystemLogTests {
  /// A log's socket, gone with the object.
  private final class Reader {
    let path: String
    private let descriptor: CInt

    init(_ path: String, type: __socket_type = SOCK_DGRAM) throws {
      self.path = path
      descriptor = socket(AF_UNIX, CInt(type.rawValue) | CInt(O_NONBLOCK), 0)
      var address = sockaddr_un()
      address.sun_family = UInt16(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, .init(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(status == 0)
      if type == SOCK_STREAM { listen(descriptor, 0) }
    }

    deinit {
      close(descriptor)
      unlink(path)
    }

    /// All that has arrived.
    func read() -> [String] {
      var lines: [String] = []
      var octets = [UInt8](repeating: 0, count: 8192)
      while case let count = recv(descriptor, &octets, octets.count, 0), count >= 0 {
        lines.append(String(decoding: octets[..<count], as: UTF8.self))
      }
      return lines
    }

    /// What came over the next connection.
    func readConnection() -> String? {
      let connection = accept(descriptor, .init(__sockaddr__: nil), nil)
      guard connection >= 0 else { return nil }
      defer { close(connection) }
      var octets = [UInt8](repeating: 0, count: 8192)
      let count = recv(connection, &octets, octets.count, 0)
      return count < 0 ? nil : String(decoding: octets[..<count], as: UTF8.self)
    }
  }

  private let path = "/tmp/ndpproxy-log-\(UInt64.random(in: 0 ... .max))"
  private let origin = "name[\(getpid())]: "

  @Test func `lines have a priority, a name and a number`() throws {
    let reader = try Reader(path)
    var log = SystemLog(name: "name", path: path)
    log.write("ready", severity: .notice)
    log.write("100 % of %s", severity: .error)
    #expect(reader.read() == ["<29>\(origin)ready", "<27>\(origin)100 % of %s"])
    #expect(log.lostCount == 0)
  }

  @Test func `who does not read holds nothing up, and what was lost is told once`() throws {
    let reader = try Reader(path)
    var log = SystemLog(name: "name", path: path)
    let start = ContinuousClock.now
    for number in 0..<2000 { log.write("line \(number)", severity: .notice) }
    #expect(ContinuousClock.now - start < .seconds(5))
    let kept = reader.read()
    #expect(kept.first == "<29>\(origin)line 0")
    #expect(!kept.isEmpty && Int(log.lostCount) == 2000 - kept.count)
    log.write("back", severity: .notice)
    log.write("again", severity: .notice)
    #expect(
      reader.read() == [
        "<29>\(origin)back (\(2000 - kept.count) lines before this were lost)",
        "<29>\(origin)again",
      ])
    #expect(Int(log.lostCount) == 2000 - kept.count)
  }

  @Test func `a log that is started again is found again`() throws {
    var log = SystemLog(name: "name", path: path)
    log.write("before", severity: .notice)
    var reader: Reader? = try Reader(path)
    log.write("first", severity: .notice)
    #expect(reader?.read() == ["<29>\(origin)first (1 line before this was lost)"])
    reader = nil
    log.write("between", severity: .notice)
    reader = try Reader(path)
    log.write("second", severity: .notice)
    #expect(reader?.read() == ["<29>\(origin)second (1 line before this was lost)"])
    #expect(log.lostCount == 2)
  }

  @Test func `a log that nobody serves any more loses lines`() throws {
    // The socket's name is left behind.
    let reader = try Reader(path)
    #expect(rename(path, path + ".old") == 0)
    #expect(symlink(path + ".old", path) == 0)
    withExtendedLifetime(reader) {}
    var log = SystemLog(name: "name", path: path)
    log.write("through a symbolic link, as of systemd", severity: .notice)
    #expect(log.lostCount == 0)
    #expect(unlink(path) == 0 && mkdir(path, 0o700) == 0)
    log.write("to a directory", severity: .notice)
    #expect(log.lostCount == 1)
    #expect(rmdir(path) == 0 && unlink(path + ".old") == 0)
  }

  @Test func `a log that listens for connections gets lines that end with a zero`() throws {
    let reader = try Reader(path, type: SOCK_STREAM)
    var log = SystemLog(name: "name", path: path)
    log.write("ready", severity: .notice)
    #expect(reader.readConnection() == "<29>\(origin)ready\0")
    // Nobody accepts: the queue fills, and then lines are lost.
    for _ in 0..<100 { log.write("ready", severity: .notice) }
    #expect((90..<100).contains(log.lostCount))
  }

  @Test func `a path that is too long loses lines`() {
    var log = SystemLog(name: "name", path: "/" + String(repeating: "x", count: 200))
    log.write("ready", severity: .notice)
    #expect(log.lostCount == 1)
  }

  @Test(arguments: [
    ("plain, ä and 漢字", "plain, ä and 漢字"),
    ("one\ntwo\r\n<26>forged", #"one\x0atwo\x0d\x0a<26>forged"#),
    ("\u{1b}[31m \u{9b}31m \u{7f} \0 \t", #"\x1b[31m \xc2\x9b31m \x7f \x00 \x09"#),
    (
      "\u{202e}txt \u{2028} \u{200b} \u{feff}",
      #"\xe2\x80\xaetxt \xe2\x80\xa8 \xe2\x80\x8b \xef\xbb\xbf"#
    ),
  ])
  func `a text is one harmless line`(text: String, line: String) throws {
    #expect(LogText.line(text) == line)
    let reader = try Reader(path)
    var log = SystemLog(name: "name", path: path)
    log.write(text, severity: .notice)
    #expect(reader.read() == ["<29>\(origin)\(line)"])
  }

  @Test(arguments: ["x", "ä", "漢", "😀", "\n"])
  func `a long text is cut off`(scalar: String) {
    let line = LogText.line(String(repeating: scalar, count: 10_000))
    #expect(line.hasSuffix("…"))
    #expect((LogText.limit - 6...LogText.limit).contains(line.utf8.count))
    let fits = String(repeating: "x", count: LogText.limit)
    #expect(LogText.line(fits) == fits)
  }
}
