import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import NDPWire

/// The subcommand `rule`.
struct RuleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rule",
    abstract: "Disable a rule until the next reload, or enable it again.",
    usage: "ndpctl rule [OPTION...] disable|enable PREFIX",
    discussion: """
      A disabled rule is treated as if the configuration file did not contain it: targets in its \
      prefix are handled by a shorter rule, or not at all. Requires root.
      """,
    subcommands: [DisableCommand.self, EnableCommand.self])

  /// What both take.
  struct Options: ParsableArguments {
    @OptionGroup var control: ControlOptions

    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("Only the rule of this proxy interface.", valueName: "name"),
      completion: .interfaceNames)
    var interface: String?

    @Argument(
      help: ArgumentHelp("The prefix of the rule, as 'ndpctl rules' shows it.", valueName: "prefix")
    )
    var targets: TargetPrefix

    func set(enabled: Bool) throws {
      let command = Command.rule(prefix: targets.prefix, proxy: interface, enabled: enabled)
      try control.withClient { client in
        guard case .rule(let report) = try client.ask(command) else { throw client.unexpected }
        if control.json { return control.printJSON(.rule(report)) }
        let state = (report.isChanged ? "" : "already ") + (enabled ? "enabled" : "disabled")
        let lasting = enabled ? "" : " until the next reload"
        Screen().lines([
          "\(report.prefix) on \(report.proxies.joined(separator: ", ")): \(state)\(lasting)"
        ])
      }
    }
  }

  /// The subcommand `rule disable`.
  struct DisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Disable a rule until the next reload.",
      usage: "ndpctl rule disable [OPTION...] PREFIX")

    @OptionGroup var options: Options

    func run() throws { try options.set(enabled: false) }
  }

  /// The subcommand `rule enable`.
  struct EnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Enable a rule that was disabled.",
      usage: "ndpctl rule enable [OPTION...] PREFIX")

    @OptionGroup var options: Options

    func run() throws { try options.set(enabled: true) }
  }
}

/// The subcommand `gate`.
struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Set a gate of the configuration on or off.",
    usage: "ndpctl gate [OPTION...] NAME on|off",
    discussion: """
      Proxies and rules with 'require gate NAME' answer only while the gate is on. It is off when \
      the daemon starts, and stays as it is when the configuration is reloaded, unless the gate is \
      removed from it. For scripts, such as those that keepalived runs. Requires root.
      """)

  /// What a gate may be set to.
  enum Position: String, ExpressibleByArgument, CaseIterable {
    case on, off
  }

  @OptionGroup var control: ControlOptions

  @Argument(help: "The name of the gate, as the configuration has it.")
  var name: String

  @Argument(help: "on or off.")
  var position: Position

  func run() throws {
    try control.withClient { client in
      let command = Command.gate(name: name, isOn: position == .on)
      guard case .gate(let report) = try client.ask(command) else { throw client.unexpected }
      if control.json { return control.printJSON(.gate(report)) }
      let state = (report.isChanged ? "" : "already ") + (report.isOn ? "on" : "off")
      let held = report.heldBackMilliseconds.map {
        "; it counts in \(($0 + 999) / 1000) s, because it was off too often within a minute"
      }
      Screen().lines(["gate \(report.name): \(state)\(held ?? "")"])
    }
  }
}

/// The subcommand `flush`.
struct FlushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flush",
    abstract: "Delete the sessions of a target, or of all targets in a prefix.",
    usage: "ndpctl flush [OPTION...] PREFIX",
    discussion: "The next solicitation makes ndpproxy solicit the target again. Requires root.")

  @OptionGroup var control: ControlOptions

  @Argument(help: ArgumentHelp("An address, or ADDRESS/LENGTH.", valueName: "prefix"))
  var targets: TargetPrefix

  func run() throws {
    try control.withClient { client in
      guard case .flush(let report) = try client.ask(.flush(prefix: targets.prefix)) else {
        throw client.unexpected
      }
      if control.json { return control.printJSON(.flush(report)) }
      Screen().lines(["deleted \(counted(report.forgotten, "session"))"])
    }
  }
}

extension LogLevel: ExpressibleByArgument {}

/// The subcommand `log`.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Set the daemon's log level.",
    usage: "ndpctl log [OPTION...] notice|info|debug",
    discussion: """
      notice: start, end and problems; info: also changes of interfaces; debug: also every \
      message. Requires root.
      """)

  @OptionGroup var control: ControlOptions

  @Argument(help: "notice, info or debug.")
  var level: LogLevel

  func run() throws {
    try control.withClient { client in
      guard case .log(let report) = try client.ask(.log(level: level)) else {
        throw client.unexpected
      }
      if control.json { return control.printJSON(.log(report)) }
      Screen().lines(["log level \(report.level.rawValue)"])
    }
  }
}
