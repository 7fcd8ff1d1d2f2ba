import DaemonLog
import DaemonSupport
import ProxyModel
import TakeOver
import Testing

/// Which programs would be run; `ProgramRunner` runs them in labs.
struct HooksTests {
  private let test = TestLoop()
  private let log = Log(level: .notice, usesSystemLog: false)

  private func ruleset(takeOver program: [String]) -> Ruleset {
    var ruleset = Ruleset([("eth0", .static)])
    ruleset.proxies[0].takeOverProgram = program
    return ruleset
  }

  @Test func `where there are no programs no process is started`() throws {
    let hooks = Hooks(loop: test.loop, log: log)
    hooks.change(to: ruleset(takeOver: []))
    try hooks.start()
    #expect(test.poll.watched.isEmpty)
    hooks.warnUnlessReady()
    #expect(log.warnings.count == 0)
  }

  @Test func `programs that come with a reload need a restart, and are not run before`() {
    let hooks = Hooks(loop: test.loop, log: log)
    hooks.change(to: ruleset(takeOver: ["/bin/true"]))
    hooks.warnUnlessReady()
    #expect(log.warnings.latest.last?.text.contains("take a restart") == true)
    var asked: [String] = []
    hooks.update {
      asked.append($0)
      return true
    }
    #expect(asked == ["eth0"])
    #expect(log.warnings.count == 1)
  }
}
