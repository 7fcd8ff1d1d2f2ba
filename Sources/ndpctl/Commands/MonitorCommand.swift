import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import LinuxSurvey
import NDPWire
import PlainText

/// The subcommand `monitor`.
struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Show every solicitation and advertisement, with the decision and its reason.",
    usage: "ndpctl monitor [OPTION...]",
    discussion: """
      Shows what is received and sent on the proxy and rule interfaces, and how long an answer \
      took. Solicitations for targets outside all rules are shown only while the log level is \
      debug (ndpctl log debug).
      """)

  @OptionGroup var control: ControlOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Only messages about this target, or targets in this prefix.", valueName: "prefix"))
  var prefix: TargetPrefix?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Only messages on this interface, by any of its names.", valueName: "name"),
    completion: .interfaceNames)
  var interface: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Quit after this many messages.", valueName: "number"))
  var count: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Also write the frames to this file, for tcpdump; '-' is standard output.",
      valueName: "file"),
    completion: .file())
  var write: String?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
  }

  func run() throws {
    try control.withClient { client in
      if let write {
        do {
          try follow(client, dump: PacketDump(path: write))
        } catch let failure as CaptureFailure {
          throw ClientFailure(.failure, failure.description)
        }
      } else {
        try follow(client, dump: nil)
      }
    }
  }

  private func follow(_ client: Client, dump: consuming PacketDump?) throws {
    let command = Command.monitor(
      prefix: prefix?.prefix, interface: interface, frames: write != nil)
    guard case .monitoring(let report) = try client.ask(command) else { throw client.unexpected }
    // The daemon's clock counts from somewhere; on this host both run at the same pace.
    let offset = WallClock.nanoseconds - BootClock.nanoseconds
    if let trouble = report.trouble {
      let known = report.interfaces.isEmpty ? "" : "; messages are seen on \(names(report))"
      guard trouble.isTemporary else { throw ClientFailure(.failure, trouble.sentence + known) }
      StandardStream.error.write("ndpctl: \(trouble.sentence.printable)\n")
    }
    if write != "-" { announce(report) }
    var left = count ?? .max
    while left > 0 {
      guard let line = try client.nextLine(within: -1) else { continue }
      let reply = try client.reply(line)
      if case .message(let message) = reply {
        left -= 1
        try save(message, offset: offset, dump: dump)
      }
      if write != "-" { try show(reply, line: line, offset: offset) }
    }
  }

  private func announce(_ report: MonitorReport) {
    let names = interface ?? (report.interfaces.isEmpty ? "no interface yet" : names(report))
    StandardStream.error.write("ndpctl: watching \(names.printable)\n")
  }

  private func names(_ report: MonitorReport) -> String {
    report.interfaces.joined(separator: ", ")
  }

  private func save(
    _ message: WatchedMessage, offset: UInt64, dump: borrowing PacketDump?
  ) throws {
    guard let text = message.frame, let octets = [UInt8](hexadecimal: text) else { return }
    try dump?.write(
      octets, length: message.frameLength ?? octets.count,
      nanoseconds: message.nanoseconds &+ offset)
  }

  private func show(_ reply: Reply, line: [UInt8], offset: UInt64) throws {
    if control.json {
      control.output.printJSON(octets: line)
    } else {
      switch reply {
      case .message(let message):
        Screen().lines([MessageText(message: message, offset: offset).line])
      case .missed(let report):
        Screen().lines(["... \(counted(report.count, "message")) not shown"])
      default: return
      }
    }
    // Whoever reads no more has seen enough; what else is lost is said at the end.
    if StandardStream.isOutputLost { throw ExitCode.success }
  }
}

/// One message in one line.
struct MessageText {
  let message: WatchedMessage
  /// From the daemon's clock to 1970.
  let offset: UInt64

  var line: String {
    let name =
      message.interface + String(repeating: " ", count: max(0, 8 - message.interface.count))
    let arrow = message.isSent ? "→" : "←"
    let time = message.latencyNanoseconds.map { " after \(latency($0))" } ?? ""
    return "\(clock) \(name) \(arrow) \(content): \(message.reason)\(time)"
  }

  private var content: String {
    let target = message.target.map { "\($0)" } ?? "?"
    let source = message.source.map { "\($0)" } ?? "?"
    let destination = message.destination.map { "\($0)" } ?? "?"
    let place = message.linkLayerAddress.map { " at \($0)" } ?? ""
    switch message.kind {
    case .solicitation where message.isSent: return "NS \(target) from \(source)"
    case .solicitation: return "NS \(target) from \(source)"
    case .advertisement:
      return "NA \(target)\(place) to \(destination) [\(message.flags ?? "")]"
    case .malformed: return message.decision
    }
  }

  private var clock: String {
    let nanoseconds = message.nanoseconds &+ offset
    let time = WallClock.text(seconds: Int(nanoseconds / 1_000_000_000), format: "%H:%M:%S")
    let micros = String(nanoseconds / 1000 % 1_000_000)
    return "\(time).\(String(repeating: "0", count: 6 - micros.count))\(micros)"
  }
}

extension [UInt8] {
  /// Reads two digits for each octet; `nil` for anything else.
  fileprivate init?(hexadecimal text: String) {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
    self = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}
