import DaemonLog
import Testing

/// What the log keeps for who looks later; its lines go to standard error.
struct LogTests {
  private let log = Log(level: .notice, usesSystemLog: false)

  @Test func `warnings and errors are kept, and nothing else is`() {
    log.debug("a")
    log.info("b")
    log.notice("c")
    log.warning("d")
    log.error("e")
    #expect(log.warnings.count == 2)
    #expect(log.warnings.latest.map(\.text) == ["d", "e"])
    #expect(log.warnings.latest.map(\.severity) == ["warning", "error"])
  }

  @Test func `the last sixteen are kept, and the beginning of each`() {
    for number in 1...20 { log.warning("\(number) " + String(repeating: "x", count: 1000)) }
    #expect(log.warnings.count == 20)
    #expect(log.warnings.latest.count == 16)
    #expect(log.warnings.latest.first?.text.hasPrefix("5 x") == true)
    #expect(log.warnings.latest.allSatisfy { $0.text.count == 500 })
  }

  @Test func `what may go wrong with every packet is told once a second`() {
    for _ in 0..<100 { log.warnSparingly("lost") }
    #expect((1...2).contains(log.warnings.count))
  }

  @Test func `what is below the level is not even made`() {
    var made = 0
    func text() -> String {
      made += 1
      return "text"
    }
    log.debug(text())
    log.info(text())
    #expect(made == 0)
    log.level = .info
    log.debug(text())
    log.info(text())
    #expect(made == 1 && !log.isDebugging)
    log.level = .debug
    log.debug(text())
    #expect(made == 2 && log.isDebugging)
  }
}
