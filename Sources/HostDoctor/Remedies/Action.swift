/// One thing to do about a finding, as a value: no shell ever reads what is in it.
package enum Action: Hashable, Sendable {
  /// Runs a program, found on `PATH`, with these arguments.
  case run([String])
  /// Sets a kernel variable.
  case set(KernelVariable, to: String)
  /// Adds a line to a file.
  case append(line: String, to: String)
  /// Makes a file of these lines.
  case write(lines: [String], to: String)

  /// The same for a POSIX shell, to be pasted; `nil` where that cannot be written (`Shell.word`).
  package var shell: String? {
    switch self {
    case .run(let words): Shell.words(words)
    case .set(let variable, let value):
      variable.hasPlainName
        ? Shell.words(["sysctl", "-w", "\(variable.description)=\(value)"])
        : Self.redirection(["echo", value], ">", variable.path)
    case .append(let line, let path):
      // What echo(1) makes of a backslash or an option depends on the shell.
      line.utf8.contains(UInt8(ascii: "\\")) || line.hasPrefix("-")
        ? Self.redirection(["printf", "%s\\n", line], ">>", path)
        : Self.redirection(["echo", line], ">>", path)
    case .write(let lines, let path):
      Self.redirection(["printf", "%s\\n"] + lines, ">", path)
    }
  }

  private static func redirection(_ words: [String], _ sign: String, _ path: String) -> String? {
    guard let command = Shell.words(words), let file = Shell.words([path]) else { return nil }
    return "\(command) \(sign) \(file)"
  }
}

/// How to make a fix last.
package enum Advice: Equatable, Sendable {
  /// To be done as well.
  case action(Action)
  /// Where to write what.
  case words(String)

  /// As it is shown.
  package var text: String {
    switch self {
    case .action(let action): action.shell ?? Fix.unwritable
    case .words(let words): words
    }
  }
}

extension Advice: ExpressibleByStringInterpolation {
  package init(stringLiteral words: String) { self = .words(words) }
}
