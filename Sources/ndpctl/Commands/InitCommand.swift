import ArgumentParser
import HostDoctor
import LinuxNet
import LinuxSurvey
import PlainText
import ProxyConfig

/// The subcommand `init`: looks at the host and writes the configuration that it seems to need.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a configuration for this host, as it is now.",
    discussion: """
      Looks at what is on the link of the upstream interface and which parts of that lead to \
      other interfaces, to this host itself or into IPsec, and proposes a rule for each. Where \
      nothing is needed or possible, comments say why. Changes nothing but the file named with \
      -o, which must not exist yet.
      """)

  @Option(
    help: """
      The interface towards the router, such as eth0, by any of its names; that of the default \
      route if not given.
      """,
    completion: .interfaceNames)
  var upstream: String?

  @Option(name: [.customShort("o"), .long], help: "Write to this new file.")
  var output: String?

  func run() throws {
    let proposal: Proposal?
    let name: String
    do {
      let first = try HostPicture.read(for: Configuration())
      guard let chosen = upstream ?? Proposal.upstream(of: first) else {
        complain("init", "there is no default route; name the interface with --upstream")
        throw ExitCode(DoctorCommand.couldNotLook)
      }
      name = chosen
      let question = Proposal.question(upstream: name, on: first)
      proposal = Proposal(upstream: name, picture: try HostPicture.read(for: question))
    } catch let error as SystemError {
      complain("init", "\(error)")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    guard let proposal else {
      complain("init", "there is no interface '\(name.printable)'; see 'ip link'")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    try write(proposal.text)
    guard proposal.ruleCount > 0 else {
      complain("init", "nothing is proposed; the comments give the reason")
      throw ExitCode.failure
    }
  }

  private func write(_ text: String) throws {
    guard let output else {
      StandardStream.output.write(text)
      return
    }
    do {
      try OutputFile.make(output, with: text)
    } catch {
      complain("init", "\(error); name a file that does not exist yet")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
  }
}
