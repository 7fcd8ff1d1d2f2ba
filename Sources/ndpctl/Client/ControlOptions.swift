import ArgumentParser
import ControlProtocol
import JSONText
import LinuxNet
import PlainText

/// Where the daemon is to be asked.
struct SocketOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Path of the daemon's control socket.", valueName: "path"),
    completion: .file())
  var socket =
    CurrentProcess.environment(ControlSocket.environmentVariable)
    ?? ControlSocket.defaultPath

  /// Does something with the daemon; ends the program with the status of what went wrong.
  func withClient(_ body: (Client) throws -> Void) throws {
    try reportingFailure { try body(Client(path: socket)) }
  }
}

/// In which form something is printed.
struct OutputOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Print JSON, in one line.")
  var isJSON = false

  @Flag(name: .customLong("pretty"), help: "Print JSON, indented.")
  var isPretty = false

  /// Whether JSON is wanted at all.
  var json: Bool { isJSON || isPretty }

  /// Prints a reply as the daemon would send it now.
  func printJSON(_ reply: Reply) {
    printJSON(document: TimedReply(reply, at: WallClock.nanoseconds / 1_000_000))
  }

  /// Prints what is no reply in the same form.
  func printJSON(document: some JSONWritable) {
    printJSON(octets: JSONText.octets(of: document))
  }

  /// Prints a JSON text.
  func printJSON(octets: [UInt8]) {
    let text = JSONText.printable(octets)
    let shown = isPretty ? String(decoding: indentedJSON(text.utf8), as: UTF8.self) : text
    StandardStream.output.write(shown + "\n")
  }
}

/// What every command that asks the daemon takes.
struct ControlOptions: ParsableArguments {
  @OptionGroup var place: SocketOptions
  @OptionGroup var output: OutputOptions

  var socket: String { place.socket }
  var json: Bool { output.json }

  /// Does something with the daemon; ends the program with the status of what went wrong.
  func withClient(_ body: (Client) throws -> Void) throws { try place.withClient(body) }

  /// Prints a reply as the daemon would send it.
  func printJSON(_ reply: Reply) { output.printJSON(reply) }
}

/// Says what went wrong on standard error, and ends the program with its status.
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let failure as ClientFailure {
    StandardStream.error.write("ndpctl: \(failure.description.printable)\n")
    throw ExitCode(failure.status.rawValue)
  }
}
