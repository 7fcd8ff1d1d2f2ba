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
    abstract: "Shows what the daemon does, anew every second.",
    discussion: """
      Rates, and the targets that were asked for last. q or Ctrl-C ends it. Where output is no \
      terminal, a line is printed each time.
      """)

  @OptionGroup var control: ControlOptions

  @Option(name: .shortAndLong, help: "Seconds between two looks, 1 through 3600.")
  var interval = 1

  @Option(name: .shortAndLong, help: "End after so many looks.")
  var count: Int?

  func validate() throws {
    guard 1...3600 ~= interval else { throw ValidationError("--interval takes 1 through 3600.") }
    if let count, count < 1 { throw ValidationError("--count takes 1 and more.") }
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
    let signals = try SignalDescriptor(SignalDescriptor.ending)
    let timer = try TimerDescriptor()
    let input = StandardInput()
    let terminal = control.json ? nil : Terminal.takeOver()
    try poll.watch(signals, token: Self.signalToken)
    try poll.watch(timer, token: Self.timerToken)
    if terminal != nil { try poll.watch(input, token: Self.inputToken) }
    var before = try Look(client)
    var left = count ?? .max
    var next = BootClock.nanoseconds
    var isEnding = false
    while left > 0, !isEnding {
      try timer.arm(at: next + UInt64(interval) * 1_000_000_000)
      var isDue = false
      try poll.wait { token in
        switch token {
        case Self.timerToken: isDue = true
        case Self.signalToken: isEnding = true
        default:
          // A terminal that is gone would be readable for ever.
          let key = terminal?.nextKey()
          isEnding = isEnding || key == .octet(UInt8(ascii: "q")) || key == .end
        }
      }
      guard isDue, !isEnding else { continue }
      try timer.acknowledge()
      next += UInt64(interval) * 1_000_000_000
      let now = try Look(client)
      try show(now, after: before, on: terminal, client)
      before = now
      left -= 1
    }
  }

  private func show(
    _ look: Look, after before: Look, on terminal: Terminal?, _ client: Client
  ) throws {
    if control.json { return printJSON(.counters(look.counters)) }
    guard let terminal else {
      let time = WallClock.text(
        seconds: Int(WallClock.nanoseconds / 1_000_000_000), format: "%H:%M:%S")
      return Screen().lines(["\(time) \(look.rates(since: before))"])
    }
    let sessions = try client.sessions().sorted {
      $0.sinceAskedMilliseconds ?? .max < $1.sinceAskedMilliseconds ?? .max
    }
    let lines =
      [StatusText(status: look.status).headline, look.rates(since: before), ""]
      + SessionTable(sessions: Array(sessions.prefix(Terminal.size.lines))).lines
    terminal.show(lines.map { String($0.printable.prefix(Terminal.size.columns)) })
  }
}

/// What the daemon had done at some point.
private struct Look {
  let status: Status
  let counters: CounterReport
  let at: UInt64

  init(_ client: Client) throws {
    status = try client.status()
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
    let reachable = status.sessions["reachable"] + status.sessions["probing"]
    return "received \(rate(\.total.solicitationsReceived))/s"
      + "  answered \(rate(\.total.answered))/s  asked \(rate(\.total.asked))/s"
      + "  ignored \(rate(\.total.ignored.sum))/s  malformed \(rate(\.total.malformed.sum))/s"
      + "  targets \(reachable)"
  }
}
