import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import LinuxSurvey
import PlainText

/// The subcommand `top`.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show rates and the targets that were solicited last, every second.",
    usage: "ndpctl top [OPTION...]",
    discussion: """
      Press q or Ctrl-C to quit. If standard output is not a terminal, a line is printed each time.
      """)

  @OptionGroup var control: ControlOptions

  @Option(
    name: [.customShort("d"), .long],
    help: ArgumentHelp("Seconds between two updates, 1 through 3600.", valueName: "seconds"))
  var interval = 1

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Quit after this many updates.", valueName: "number"))
  var count: Int?

  func validate() throws {
    guard 1...3600 ~= interval else {
      throw ValidationError("--interval must be 1 through 3600.")
    }
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
  }

  func run() throws {
    try control.withClient { client in
      do {
        try look(at: client)
      } catch let error as SystemError {
        throw ClientFailure(.failure, "\(error)")
      }
    }
  }

  private static let timerToken: UInt64 = 1
  private static let inputToken: UInt64 = 2
  private static let signalToken: UInt64 = 3

  /// Whatever ends it, the terminal is as before: it is given back when this returns or throws.
  private func look(at client: Client) throws {
    let poll = try EventPoll()
    let isDrawn = !control.json && Terminal.isThere
    let signals = try SignalDescriptor(
      SignalDescriptor.ending + (isDrawn ? SignalDescriptor.terminal : []))
    let timer = try TimerDescriptor()
    let input = StandardInput()
    let terminal = isDrawn ? Terminal.takeOver() : nil
    try poll.watch(signals, token: Self.signalToken)
    try poll.watch(timer, token: Self.timerToken)
    if terminal != nil { try poll.watch(input, token: Self.inputToken) }
    var before = try Look(client)
    var page = Page(before: before, now: before, sessions: [])
    if terminal != nil {
      page.sessions = try client.recentSessions(limit: Self.shownSessions)
      terminal?.show(page.lines)
    }
    var left = count ?? .max
    var next = BootClock.nanoseconds
    var isEnding = false
    while left > 0, !isEnding {
      try timer.arm(at: next + UInt64(interval) * 1_000_000_000)
      var isDue = false
      var hasSignal = false
      try poll.wait { token in
        switch token {
        case Self.timerToken: isDue = true
        case Self.signalToken: hasSignal = true
        default:
          // A terminal that is gone would be readable for ever.
          let key = terminal?.nextKey()
          isEnding = isEnding || key == .octet(UInt8(ascii: "q")) || key == .end
        }
      }
      while hasSignal, !isEnding, let signal = try signals.next() {
        isEnding = SignalDescriptor.ending.contains(signal)
        if isEnding { break }
        if signal == SignalDescriptor.stop { terminal?.suspend() } else { terminal?.resume() }
        terminal?.show(page.lines)
      }
      guard isDue, !isEnding else { continue }
      try timer.acknowledge()
      // After a stop, the looks that were missed are not made up for.
      next = max(next + UInt64(interval) * 1_000_000_000, BootClock.nanoseconds)
      let now = try Look(client)
      page = Page(before: before, now: now, sessions: page.sessions)
      try show(&page, on: terminal, client)
      before = now
      left -= 1
    }
  }

  /// As many as one reply has.
  private static let shownSessions = ControlSocket.pageLength

  private func show(_ page: inout Page, on terminal: Terminal?, _ client: Client) throws {
    if control.json { return control.printJSON(.counters(page.now.counters)) }
    guard let terminal else {
      let time = WallClock.text(
        seconds: Int(WallClock.nanoseconds / 1_000_000_000), format: "%H:%M:%S")
      return Screen().lines(["\(time) \(page.now.rates(since: page.before))"])
    }
    page.sessions = try client.recentSessions(limit: Self.shownSessions)
    terminal.show(page.lines)
  }

  /// What is drawn.
  private struct Page {
    let before: Look
    let now: Look
    var sessions: [SessionReport]

    /// For the terminal as it is now; lines beyond its end are left out there.
    var lines: [String] {
      let (columns, _) = Terminal.size
      let lines =
        [StatusText(status: now.status).headline, now.rates(since: before), ""]
        + SessionTable(sessions: sessions).lines
      return lines.map { String($0.printable.prefix(columns)) }
    }
  }
}

/// What the daemon had done at some point.
private struct Look {
  let status: Status
  let counters: CounterReport
  let at: UInt64

  init(_ client: Client) throws {
    status = try client.summary()
    counters = try client.counters()
    at = BootClock.nanoseconds
  }

  /// What was done per second since another look.
  func rates(since other: Look) -> String {
    let span = max(1, at - other.at)
    func rate(_ number: (CounterReport) -> UInt64) -> UInt64 {
      let (now, then) = (number(counters), number(other.counters))
      // A daemon that was started anew counts from the beginning.
      return now < then ? 0 : (now - then) * 1_000_000_000 / span
    }
    let reachable = status.reachableCount
    return "received \(rate(\.total.solicitationsReceived))/s"
      + "  answered \(rate(\.total.answered))/s  sent \(rate(\.total.asked))/s"
      + "  ignored \(rate(\.total.ignored.sum))/s  malformed \(rate(\.total.malformed.sum))/s"
      + "  reachable \(reachable)"
  }
}
