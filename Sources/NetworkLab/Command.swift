import LinuxNet
import LinuxSurvey
import Subprocess

/// How a process ended.
package enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case killed(signal: Int32)

  package var description: String {
    switch self {
    case .exited(let code): "exited with \(code)"
    case .killed(let signal): "was killed by signal \(signal)"
    }
  }

  init(_ status: TerminationStatus) {
    switch status {
    case .exited(let code): self = .exited(code)
    case .signaled(let signal): self = .killed(signal: signal)
    }
  }
}

/// A command that did not do what it was asked to.
package struct CommandFailure: Error, CustomStringConvertible {
  /// The node it ran on and its words, without our wrapping.
  package let node: String
  /// The words of the command itself.
  package let command: [String]
  /// How it ended.
  package let status: ExitStatus

  /// What it wrote on standard error.
  package let complaint: String

  package var description: String {
    let words = command.joined(separator: " ")
    let complaints = complaint.split(separator: "\n").joined(separator: "; ")
    return "\(node): '\(words)' \(status): \(complaints)"
  }
}

/// A lab that is not as it should be.
package struct LabFailure: Error, CustomStringConvertible {
  /// What is wrong, with what the processes said below.
  package let description: String

  /// What is wrong first, and then what belongs to it.
  package init(_ lines: [String]) {
    description = lines.joined(separator: "\n  ")
  }
}

/// What a command that has ended leaves behind.
package struct CommandResult: Sendable {
  /// How it ended.
  package let status: ExitStatus
  /// All it wrote on standard output.
  package let standardOutput: String
  /// All it wrote on standard error.
  package let standardError: String
}

/// A command that enters `namespace` and ends with us, even when we are killed.
///
/// Subprocess forks from one thread that lives as long as the process, so the death signal comes
/// neither early nor never. It is set before the namespace is entered: had we died in between,
/// the namespace's path would be gone, and the command would not run.
func configuration(of command: [String], in namespace: NetworkNamespace) -> Configuration {
  let wrapped = ["--pdeathsig", "KILL", "nsenter", "--net=\(namespace.path)", "--"] + command
  return Configuration(
    executable: .name("setpriv"), arguments: Arguments(wrapped), environment: environment)
}

/// Users' `PATH` need not have the directories where `ip` lives; messages in English are parsed.
///
/// A daemon that is started without a place of its own for ndpctl gets none: the host's is not
/// ours.
let environment = Environment.inherit.updating([
  "NDPPROXY_SOCKET": "off",
  "PATH": (CurrentProcess.environment("PATH") ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin",
  "LC_ALL": "C",
])
