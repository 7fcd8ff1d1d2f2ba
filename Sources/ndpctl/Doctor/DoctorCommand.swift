import ArgumentParser
import Console
import HostDoctor
import Inspection
import LinuxNet
import LinuxSurvey
import ProxyConfig
import ProxyModel

/// The subcommand `doctor`: looks for what stands in the way, and changes nothing unless asked to.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check this host for problems that prevent the proxy from working.",
    discussion: """
      Compares the configuration with this host's interfaces, addresses, routes, packet filter and \
      files, in the order in which a packet meets them. There is one line for each step, and for \
      each problem what was read, what it means, and the command that fixes it. Root sees more. \
      Exits with 0 if all is good, 1 if traffic cannot pass, 2 if there are only warnings, and 3 \
      if the checks could not be made.
      """)

  @Option(
    name: [.customShort("c"), .long],
    help: "The configuration; /etc/ndpproxy.conf or, where only that exists, /etc/ndppd.conf.")
  var config: String?

  @Option(help: "Read files below this directory instead of / or $NDPCTL_ROOT.")
  var root: String?

  @Option(help: "Run only the check with this code; may be given more than once.")
  var only: [String] = []

  @Option(help: "Explain the check with this code, and check nothing.")
  var explain: String?

  @OptionGroup var control: ControlOptions

  @Flag(name: .shortAndLong, help: "Show every check and every finding, equal ones too.")
  var verbose = false

  @Flag(
    help: """
      Ask for each finding whether to fix it: kernel variables, routes, rules that accept, and \
      our own table. Nothing is removed, and the checks are made again after each.
      """)
  var fix = false

  @Flag(help: "With --fix, do not ask.")
  var yes = false

  func validate() throws {
    for code in only + (explain.map { [$0] } ?? [])
    where !Diagnosis.checks.contains(where: { $0.code == code.uppercased() }) {
      let codes = Diagnosis.checks.map(\.code).sorted().joined(separator: " ")
      throw ValidationError("There is no check '\(code)'; there are \(codes).")
    }
    guard !fix || !control.json else {
      throw ValidationError("--fix and --json cannot be combined.")
    }
    guard !fix || yes || StandardStream.inputIsTerminal else {
      throw ValidationError(
        "--fix requires confirmation on a terminal; without a terminal, use --yes.")
    }
    guard !yes || fix else { throw ValidationError("--yes requires --fix.") }
  }

  func run() async throws {
    if let explain {
      StandardStream.output.write(Self.explanation(of: explain.uppercased()))
      return
    }
    let codes = Set(only.map { $0.uppercased() })
    let diagnosis = fix ? try await repaired(codes) : try diagnose(only: codes)
    if control.json {
      control.output.printJSON(document: DoctorDocument(diagnosis))
    } else {
      let isColored = StandardStream.output.wantsColor
      StandardStream.output.write(
        colored: diagnosis.text(
          colored: isColored, detail: verbose || !only.isEmpty ? .all : .brief))
    }
    throw ExitCode(diagnosis.exitStatus)
  }

  /// Mends what can be mended, and looks again: what is shown then is what is left.
  private func repaired(_ codes: Set<String>) async throws -> Diagnosis {
    let repair = DoctorRepair(
      isAsking: !yes, withNotes: !codes.isEmpty, codes: codes,
      ownsBootFiles: !directory.isEmpty || ProcessTable.isFirstNetwork,
      diagnose: { try diagnose() })
    let left = try await repair.mend()
    StandardStream.output.write("\n")
    return left.only(codes)
  }

  /// Looks at the host as it is now.
  private func diagnose(only codes: Set<String> = []) throws -> Diagnosis {
    do {
      return Diagnosis(of: try examination(), only: codes)
    } catch {
      complain("doctor", "\(error)")
      throw ExitCode(Self.couldNotLook)
    }
  }

  /// The exit status where there is nothing to say.
  static let couldNotLook: Int32 = 3

  /// What stands for `/`; empty for that itself.
  private var directory: String {
    let given = root ?? CurrentProcess.environment("NDPCTL_ROOT") ?? ""
    return given == "/" ? "" : given
  }

  private func examination() throws -> Examination {
    let path = config ?? ConfigurationFile.defaultPath(below: directory).path
    let file: ConfigurationFile
    do {
      file = try ConfigurationFile(path: path)
    } catch {
      throw DoctorFailure(
        description: "cannot read the configuration: \(error)\n"
          + "name a file with -c FILE, or have one written: ndpctl init --upstream eth0")
    }
    let configuration = file.configuration ?? Configuration()
    let picture = try HostPicture.read(
      for: configuration, below: directory, daemon: askDaemon())
    return Examination(
      picture: picture, configuration: configuration,
      path: RegularFile.absolute(path), complaints: file.problemLines,
      isUnusable: file.configuration == nil, includesOthers: file.includesOthers)
  }

  /// Asks the running daemon what it has seen and sent; `nil` where it cannot be asked.
  private func askDaemon() -> DaemonAccount? {
    guard let client = try? Client(path: control.socket), let rules = try? client.rules(),
      let status = try? client.status()
    else { return nil }
    return DaemonAccount(
      process: client.process(of: status),
      solicitationsSeen: rules.reduce(0) { $0 + $1.questions },
      advertisementsSent: rules.reduce(0) { $0 + $1.answers },
      askedRules: Set(rules.filter { $0.questions > 0 }.map { "\($0.prefix) \($0.proxy)" }),
      kernelPathInterfaces: Set(status.kernelPath?.interfaces ?? []),
      unmetConditions: status.conditions.map { conditions in
        conditions.filter { !$0.isMet }.map { "\($0.proxy): \($0.sentence)" }
      },
      advertisementsOfOthers: (try? client.counters())?.total.ignored["otherGateway"] ?? 0,
      lastOfOthers: status.otherGateway.map {
        .init(age: $0.ageMilliseconds, settled: $0.settledMilliseconds)
      })
  }

  private static func explanation(of code: String) -> String {
    guard let check = Diagnosis.checks.first(where: { $0.code == code }) else { return "" }
    return "\(check.code) \(check.title) (\(check.step.rawValue))\n\n"
      + check.explanation.wrapped(after: 0) + "\n"
  }
}

/// Why nothing could be looked at.
struct DoctorFailure: Error, CustomStringConvertible {
  let description: String
}

/// Says something on standard error.
func complain(_ command: String, _ text: String) {
  StandardStream.error.write("ndpctl \(command): \(text)\n")
}
