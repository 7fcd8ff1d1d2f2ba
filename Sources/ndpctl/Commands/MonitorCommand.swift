public import ArgumentParser
import ControlProtocol
import JSONText
import LinuxNet
import LinuxSurvey
public import NDPWire
import PlainText

extension IPv6Prefix: ExpressibleByArgument {}

/// The subcommand `monitor`.
struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Shows every message as it comes and goes, and what becomes of it.",
    discussion: """
      Solicitations and advertisements on the proxy and rule interfaces, with the decision, its \
      reason, and how long an answer took. Questions for targets outside all rules are seen only \
      while the daemon logs every message (ndpctl log debug).
      """)

  @OptionGroup var control: ControlOptions

  @Option(name: .shortAndLong, help: "Only messages about targets in ADDRESS/LENGTH.")
  var prefix: IPv6Prefix?

  @Option(
    name: .shortAndLong, help: "Only messages on this interface.",
    completion: .interfaceNames)
  var interface: String?

  @Option(name: .shortAndLong, help: "End after so many messages.")
  var count: Int?

  @Option(
    name: .shortAndLong,
    help: "Also write the frames to this file, for tcpdump; '-' writes nothing else.",
    completion: .file())
  var write: String?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count takes 1 and more.") }
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
    let command = Command.monitor(prefix: prefix, interface: interface, frames: write != nil)
    guard case .monitoring(let report) = try client.ask(command) else { throw client.unexpected }
    // The daemon's clock counts from somewhere; on this host both run at the same pace.
    let offset = WallClock.nanoseconds - BootClock.nanoseconds
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
    let names = report.interfaces.isEmpty ? "none yet" : report.interfaces.joined(separator: ", ")
    StandardStream.error.write("ndpctl: watching \(names.printable)\n")
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
    let text: String
    if control.json {
      text = JSONText.printable(line)
    } else {
      switch reply {
      case .message(let message):
        text = MessageText(message: message, offset: offset).line.printable
      case .missed(let report): text = "… \(counted(report.count, "message")) not shown"
      default: return
      }
    }
    // Whoever reads no more has seen enough.
    guard StandardStream.output.write(text + "\n") else { throw ExitCode.success }
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
