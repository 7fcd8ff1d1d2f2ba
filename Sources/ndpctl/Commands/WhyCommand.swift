import ArgumentParser
import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import PlainText

/// The subcommand `why`.
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Explain whether a solicitation for an address is answered, and why.",
    discussion: """
      Shows the rule that applies, the interfaces, the kernel's route, what is known of the \
      address, and the advertisement that would be sent, field by field. The last line is the \
      verdict. Without a daemon, the configuration file and this host tell what one would do.
      """)

  @OptionGroup var control: ControlOptions

  @Option(
    name: .shortAndLong,
    help: "Go by this configuration file, whatever a daemon does.", completion: .file())
  var config: String?

  @Argument(help: "The address that is asked for.", transform: Self.address)
  var address: IPv6Address

  private static func address(_ text: String) throws -> IPv6Address {
    if let address = IPv6Address(text) { return address }
    throw ValidationError(
      IPv6Address("::" + text) != nil && text.contains(".")
        ? "that is an address of IPv4, which has ARP instead of NDP"
        : "that is no IPv6 address, such as 2001:db8::1")
  }

  func run() throws {
    try reportingFailure {
      var explanation = try self.explanation()
      let policies = PolicyEffect(on: address)
      policies.apply(to: &explanation)
      if control.json {
        printJSON(.why(explanation))
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
        "ndpctl: \(failure.description.printable); going by the configuration file\n")
      return try explanationOffline()
    }
  }

  private func explanationOffline() throws -> Explanation {
    let path = config ?? ConfigurationFile.defaultPath.path
    do {
      let file = try ConfigurationFile(path: path)
      guard let configuration = file.configuration else {
        file.showReport(withNotes: false)
        throw ClientFailure(.failure, "\(path) has errors; with them no daemon starts")
      }
      return try Explanation(of: address, by: configuration)
    } catch let error as SystemError {
      throw ClientFailure(.failure, "\(error); name a configuration file with --config")
    }
  }
}
