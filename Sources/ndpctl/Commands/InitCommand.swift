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
    abstract: "Writes a configuration for this host, as it is now.",
    discussion: """
      Looks at what is on the link of the upstream interface and which parts of that are routed to \
      other interfaces, and proposes a rule for each. Changes nothing but the file named with -o, \
      which must not exist yet.
      """)

  @Option(
    help: "The interface towards the router, such as eth0, by any of its names.",
    completion: .interfaceNames)
  var upstream: String

  @Option(name: [.customShort("o"), .long], help: "Write to this new file.")
  var output: String?

  func run() throws {
    let proposal: Proposal?
    do {
      let first = try HostPicture.read(for: Configuration())
      let question = Proposal.question(upstream: upstream, on: first)
      proposal = Proposal(upstream: upstream, picture: try HostPicture.read(for: question))
    } catch {
      complain("init", "\(error)")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    guard let proposal else {
      complain("init", "there is no interface '\(upstream.printable)'; see 'ip link'")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    try write(proposal.text)
    guard proposal.ruleCount > 0 else {
      complain("init", "nothing to answer for yet; the comments say what is missing")
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
