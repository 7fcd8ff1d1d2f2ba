import Glibc
import LinuxNet
import Testing

/// Standard error that nobody reads, of each kind that holds up who writes; each in a process.
struct ErrorLogTests {
  @Test func `a full pipe`() async {
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      guard pipe(&ends) == 0 else { exit(10) }
      playReaderThatSleeps(reading: ends[0], writing: ends[1])
    }
  }

  @Test func `a pipe with some room left`() async {
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      guard pipe(&ends) == 0 else { exit(10) }
      // Another process writes to it as well.
      var octets = [UInt8](repeating: 10, count: 65_536 - 100)
      guard write(ends[1], &octets, octets.count) == octets.count else { exit(11) }
      playReaderThatSleeps(reading: ends[0], writing: ends[1])
    }
  }

  @Test func `a terminal`() async {
    await #expect(processExitsWith: .success) {
      let master = posix_openpt(O_RDWR | O_NOCTTY)
      guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master)
      else { exit(10) }
      playReaderThatSleeps(reading: master, writing: open(name, O_RDWR | O_NOCTTY))
    }
  }

  @Test func `a stream socket`() async {
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else { exit(10) }
      playReaderThatSleeps(reading: ends[0], writing: ends[1])
    }
  }

  @Test func `a socket of datagrams`() async {
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      guard socketpair(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0, &ends) == 0 else { exit(10) }
      playReaderThatSleeps(reading: ends[0], writing: ends[1])
    }
  }

  @Test func `a file is appended to where it is`() async {
    await #expect(processExitsWith: .success) {
      let file = memfd_create("log", 0)
      guard write(file, "before\n", 7) == 7, dup2(file, STDERR_FILENO) >= 0 else { exit(10) }
      var log = ErrorLog()
      log.write("one\ntwo", prefix: "notice: ")
      var octets = [UInt8](repeating: 0, count: 100)
      let count = pread(file, &octets, octets.count, 0)
      let text = String(decoding: octets[..<max(count, 0)], as: UTF8.self)
      exit(text == "before\nnotice: one\\x0atwo\n" && log.lostCount == 0 ? 0 : 1)
    }
  }

  @Test func `nothing of a pipe stays open once standard error is elsewhere`() async {
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      guard pipe(&ends) == 0, dup2(ends[1], STDERR_FILENO) >= 0 else { exit(10) }
      close(ends[1])
      var log = ErrorLog()
      log.write("one", prefix: "")
      guard dup2(open("/dev/null", O_RDWR), STDERR_FILENO) >= 0 else { exit(11) }
      log.reopen()
      log.write("two", prefix: "")
      var octets = [UInt8](repeating: 0, count: 100)
      // The end of the pipe, and not a wait for more.
      alarm(5)
      guard read(ends[0], &octets, octets.count) == 4 else { exit(1) }
      exit(read(ends[0], &octets, octets.count) == 0 && log.lostCount == 0 ? 0 : 2)
    }
  }

  @Test func `a reader that has gone is no end`() async {
    await #expect(processExitsWith: .success) {
      try StandardStream.secure()
      var ends: [CInt] = [0, 0]
      guard pipe(&ends) == 0, dup2(ends[1], STDERR_FILENO) >= 0 else { exit(10) }
      close(ends[1])
      var log = ErrorLog()
      close(ends[0])
      log.write("one", prefix: "")
      exit(log.lostCount == 1 ? 0 : 1)
    }
  }
}

/// Writes until lines are lost, lets the reader take all, and exits with 0 if the next line tells
/// how many were lost and no line was waited for.
private func playReaderThatSleeps(reading: CInt, writing: CInt) -> Never {
  // Whoever waits is ended by this.
  alarm(20)
  guard dup2(writing, STDERR_FILENO) >= 0 else { exit(20) }
  var log = ErrorLog()
  let line = String(repeating: "x", count: 150)
  var count = 0
  while log.lostCount < 3 {
    log.write(line, prefix: "notice: ")
    count += 1
    if count > 1_000_000 { exit(21) }
  }
  // Whoever shares the descriptor does not find it changed.
  guard fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK == 0 else { exit(22) }
  let lost = log.lostCount
  var text = drain(reading)
  log.write("back", prefix: "notice: ")
  log.write("again", prefix: "notice: ")
  text = drain(reading)
  let lines = text.split { $0 == "\n" || $0 == "\r\n" }.suffix(2)
  let expected = ["notice: back (\(lost) lines before this were lost)", "notice: again"]
  exit(lines.elementsEqual(expected) { $0 == $1 } && log.lostCount == lost ? 0 : 23)
}

/// All that can be read at once.
private func drain(_ descriptor: CInt) -> String {
  var text = ""
  var octets = [UInt8](repeating: 0, count: 65_536)
  while true {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // A terminal passes on what it holds a little later.
    guard poll(&request, 1, 100) == 1 else { return text }
    let count = read(descriptor, &octets, octets.count)
    guard count > 0 else { return text }
    text += String(decoding: octets[..<count], as: UTF8.self)
  }
}
