import DaemonLog
import DaemonSupport
import Glibc
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

@testable import TakeOver

/// An engine that remembers what it is told to.
private final class FakeMemory: TargetMemory {
  private(set) var rememberedChangeCount: UInt64 = 0
  private(set) var rememberedTargets: [RememberedTarget] = []

  func remember(_ targets: [RememberedTarget]) {
    rememberedTargets += targets
    rememberedChangeCount += UInt64(targets.count)
  }
}

/// A file that belongs to nobody else.
final class KeptTargetsTests {
  private let test = TestLoop()
  private let log = Log(level: .notice, usesSystemLog: false)
  private let memory = FakeMemory()
  private let file = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max)).targets"
  private lazy var kept = KeptTargets(memory: memory, loop: test.loop, log: log)

  deinit { RegularFile.remove(file) }

  private static func target(_ number: Int) -> RememberedTarget {
    RememberedTarget(proxy: "eth0", target: IPv6Address("2001:db8::\(number)")!, solicitors: [])
  }

  private var written: [RememberedTarget]? {
    get throws {
      guard RegularFile.exists(file) else { return nil }
      let octets = try RegularFile(file, limit: 1 << 20, isRequired: true).octets
      return TargetList.targets(in: octets)
    }
  }

  @Test func `what is new is written soon, and no more often than once a minute`() throws {
    kept.read(file)
    try test.turn()
    #expect(kept.nextDeadline == nil)
    memory.remember([Self.target(1)])
    let start = test.now
    try test.turn()
    #expect(kept.nextDeadline == start + .seconds(5))
    try test.pass()
    #expect(try written == [Self.target(1)])
    memory.remember([Self.target(2)])
    let writing = test.now
    try test.turn()
    #expect(kept.nextDeadline == writing + .seconds(60))
    try test.pass()
    #expect(try written?.count == 2)
  }

  @Test func `what was written is known after a restart, and not written again`() throws {
    kept.read(file)
    memory.remember([Self.target(1), Self.target(2)])
    kept.write(isEnd: true)
    let other = FakeMemory()
    let next = KeptTargets(memory: other, loop: test.loop, log: log)
    next.read(file)
    #expect(other.rememberedTargets == [Self.target(1), Self.target(2)])
    try test.turn()
    #expect(next.nextDeadline == nil)
  }

  @Test(arguments: ["", "ndpproxy-targets 1\n", "ndpproxy-targets 2\nend 0\n"])
  func `a damaged file is warned of, ignored and replaced`(text: String) throws {
    try make(file, text)
    kept.read(file)
    #expect(memory.rememberedTargets.isEmpty)
    #expect(log.warnings.latest.last?.text.hasSuffix("is damaged, and is ignored") == true)
    memory.remember([Self.target(1)])
    kept.write(isEnd: true)
    #expect(try written == [Self.target(1)])
  }

  @Test(arguments: ["proxy eth0 {\n}\n", "ndpproxy", "\n"])
  func `another kind of file is left as it is`(text: String) throws {
    try make(file, text)
    kept.read(file)
    #expect(log.warnings.latest.last?.text.contains("is another kind of file") == true)
    memory.remember([Self.target(1)])
    kept.write(isEnd: true)
    #expect(log.warnings.latest.last?.text.contains("it is another kind of file") == true)
    // Neither by a reload that names it.
    kept.change(to: nil)
    kept.change(to: file)
    kept.write(isEnd: true)
    #expect(try RegularFile(file, limit: 100).octets == Array(text.utf8))
  }

  @Test func `a directory, a pipe and a link to nothing are left as they are`() throws {
    memory.remember([Self.target(1)])
    let (directory, pipe, link) = (file + "-directory", file + "-pipe", file + "-link")
    #expect(mkdir(directory, 0o700) == 0 && mkfifo(pipe, 0o600) == 0)
    #expect(symlink(file + "-nothing", link) == 0)
    defer { for path in [directory, pipe, link] { remove(path) } }
    for (path, kind) in [(directory, S_IFDIR), (pipe, S_IFIFO), (link, S_IFLNK)] {
      kept.change(to: path)
      kept.write(isEnd: true)
      // It is warned of once in a while.
      #expect(log.warnings.latest.last?.text.contains("\(directory): it is another kind") == true)
      var status = stat()
      #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == kind)
    }
    #expect(!RegularFile.exists(file + "-nothing"))
  }

  /// Makes a file with this text.
  private func make(_ path: String, _ text: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
    close(descriptor)
  }

  @Test func `nothing is written where nothing is to be kept`() throws {
    kept.read(nil)
    memory.remember([Self.target(1)])
    try test.turn()
    #expect(kept.nextDeadline == nil)
    kept.change(to: file)
    try test.turn()
    #expect(kept.nextDeadline != nil)
    kept.change(to: nil)
    #expect(kept.nextDeadline == nil)
    kept.write(isEnd: true)
    #expect(try written == nil)
  }
}
