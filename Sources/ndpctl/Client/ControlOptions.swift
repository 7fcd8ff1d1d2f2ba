import ArgumentParser
import ControlProtocol
import JSONText
import LinuxNet
import PlainText

/// What every command that asks the daemon takes.
struct ControlOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: "Where the daemon listens.",
    completion: .file())
  var socket =
    CurrentProcess.environment(ControlSocket.environmentVariable)
    ?? ControlSocket.defaultPath

  @Flag(help: "Print one line of JSON instead.")
  var json = false

  /// Does something with the daemon; ends the program with the status of what went wrong.
  func withClient(_ body: (Client) throws -> Void) throws {
    try reportingFailure { try body(Client(path: socket)) }
  }
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

/// Prints a reply as the daemon would send it.
func printJSON(_ reply: Reply) { printJSON(document: reply) }

/// Prints what is no reply in the same form: one line.
func printJSON(document: some Encodable) {
  StandardStream.output.write(String(decoding: JSONText.octets(of: document), as: UTF8.self) + "\n")
}
