import ArgumentParser
import Console
import LinuxNet
import NetworkLab
import SystemPackage

/// The subcommand `demo`: its flags, and what must be there before it can begin.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show the proxy at work in network namespaces of its own.",
    discussion: """
      Creates a router, a gateway and two members, pings a member without and with the proxy, and \
      shows the packets. With --break, something is wrong in that network, and a shell opens to \
      find the cause. Requires root only if unprivileged user namespaces are disabled. Nothing on \
      the host is changed.
      """)

  @Option(help: "The daemon to run (default: the ndpproxy next to ndpctl); ndppd works, too.")
  var daemon: String?

  @Option(help: "Number of echo requests, 1 through 20.")
  var pings = 3

  @Option(
    name: .customLong("break"),
    help: "Break something, and open a shell to find it with ndpctl doctor.")
  var breakage: Breakage?

  @Flag(help: "Show a take-over from one gateway to another instead.")
  var twoGateways = false

  /// Set by ourselves, so that a refusal cannot make us start ourselves for ever.
  @Flag(help: .hidden)
  var inUserNamespace = false

  func validate() throws {
    guard !twoGateways || breakage == nil else {
      throw ValidationError("--two-gateways and --break exclude each other.")
    }
    guard 1...20 ~= pings else { throw ValidationError("--pings must be 1 through 20.") }
  }

  func run() async throws {
    let daemon = try self.daemon.map(Host.absolute) ?? Host.programBeside("ndpproxy")
    try await requireTools(daemon: daemon)
    try await requirePermission()
    do {
      let screen = Screen(hasColor: Host.wantsColor)
      if let breakage {
        let control = try Host.programBeside("ndpctl")
        try await BrokenLab(
          daemon: daemon, control: control, breakage: breakage, screen: screen
        ).run()
      } else if twoGateways {
        try await TwoGatewaysDemo(daemon: daemon, screen: screen).run()
      } else {
        try await Demo(daemon: daemon, pings: pings, screen: screen).run()
      }
    } catch {
      complain("\(error)")
      throw ExitCode.failure
    }
  }

  private func requireTools(daemon: String) async throws {
    if let tool = await Host.missingTools(withPacketFilter: needsPacketFilter).first {
      complain("The demo needs '\(tool.name)': apt install \(tool.package)")
      throw ExitCode.failure
    }
    guard (try? FileDescriptor.open(FilePath(daemon), .readOnly).close()) != nil else {
      complain(
        """
        There is no daemon at \(daemon).
        Build it with 'swift build --product ndpproxy', or name another with --daemon.
        """)
      throw ExitCode.failure
    }
  }

  private var needsPacketFilter: Bool { breakage == .firewall || breakage == .nud }

  private func requirePermission() async throws {
    if Host.permitsLabs { return }
    if !inUserNamespace {
      try await Host.becomeRootOfUserNamespace(
        arguments: CommandLine.arguments.dropFirst() + ["--in-user-namespace"])
    }
    complain(
      """
      This user may not make network namespaces: run 'sudo ndpctl demo',
      or allow it with 'sysctl kernel.unprivileged_userns_clone=1' (Debian),
      'sysctl kernel.apparmor_restrict_unprivileged_userns=0' (Ubuntu)
      or '--privileged' (containers).
      """)
    throw ExitCode.failure
  }

  private func complain(_ text: String) {
    StandardStream.error.write("ndpctl demo: \(text)\n")
  }
}
