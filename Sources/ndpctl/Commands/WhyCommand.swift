import ArgumentParser
import Console
import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import PlainText

/// The subcommand `why`.
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Explain whether and why a solicitation for an address is answered.",
    usage: "ndpctl why [OPTION...] ADDRESS",
    discussion: """
      Shows the matching rules, the interfaces, the kernel's route, the session of the target, and \
      the advertisement that would be sent. The last line is the result. If the daemon does not \
      run, the result is what it would do with the configuration file on this host. The exit \
      status is 0 if the solicitation is answered, 1 if not, and 2 if that depends on the target.
      """)

  @OptionGroup var control: ControlOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Use this configuration file, and do not query the daemon.", valueName: "file"),
    completion: .file())
  var config: String?

  @Argument(help: "The target address.", transform: Self.address)
  var address: IPv6Address

  private static func address(_ text: String) throws -> IPv6Address {
    if let address = IPv6Address(text) { return address }
    throw ValidationError(
      IPv6Address("::" + text) != nil && text.contains(".")
        ? "IPv4 addresses use ARP, not Neighbor Discovery"
        : "it is not an IPv6 address, such as 2001:db8::1")
  }

  func run() throws {
    try reportingFailure {
      var explanation = try self.explanation()
      let policies = PolicyEffect(on: address)
      policies.apply(to: &explanation)
      if control.json {
        control.printJSON(.why(explanation))
      } else {
        let text = WhyText(explanation: explanation, policies: policies)
        let screen = Screen()
        screen.lines(text.lines)
        screen.headline(text.verdict, isGood: explanation.verdict.answer == .yes && !text.isInVain)
      }
      switch explanation.verdict.answer {
      case .yes: return
      case .no: throw ExitCode(1)
      case .depends: throw ExitCode(2)
      }
    }
  }

  private func explanation() throws -> Explanation {
    guard config == nil else { return try explanationOffline() }
    do {
      let client = try Client(path: control.socket)
      guard case .why(let explanation) = try client.ask(.why(target: address)) else {
        throw client.unexpected
      }
      return explanation
    } catch let failure as ClientFailure {
      guard failure.status == .unavailable else { throw failure }
      StandardStream.error.write(
        "ndpctl: \(failure.description.printable); using the configuration file\n")
      return try explanationOffline()
    }
  }

  private func explanationOffline() throws -> Explanation {
    let path = config ?? ConfigurationFile.defaultPath.path
    do {
      let file = try ConfigurationFile(path: path)
      guard let configuration = file.configuration else {
        file.showReport(withNotes: false)
        throw ClientFailure(.failure, "\(path) has errors, so ndpproxy would not start")
      }
      return try Explanation(of: address, by: configuration)
    } catch let error as SystemError {
      throw ClientFailure(.failure, "\(error); name a configuration file with --config")
    }
  }
}
