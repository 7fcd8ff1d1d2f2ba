import LinuxNet
import LinuxSurvey
import NDPWire

extension Examination {
  /// Sets a kernel variable, now and at boot.
  func set(_ variable: KernelVariable?, to value: String) -> Fix {
    Fix(
      sysctl: variable, to: value,
      lasting: variable.map { lasting($0, value) } ?? Fix.unnameable)
  }

  /// Gives a kernel variable its value at boot.
  func bootFix(for variable: KernelVariable, to value: String) -> Fix {
    guard variable.hasPlainName else { return Fix(obstacle: Fix.unnameable.text) }
    switch lasting(variable, value) {
    case .action(let action):
      return Fix([action], lasting: ["the edit of the file is permanent"], scope: .sysctl)
    case .words(let words): return Fix(obstacle: words)
    }
  }

  /// The line that has the last word about a variable at boot, or whose line has it now.
  private func lasting(_ variable: KernelVariable, _ value: String) -> Advice {
    let name = variable.description
    let firewall = picture.networkFiles.filter { $0.path.hasSuffix("/etc/ufw/sysctl.conf") }
    if picture.enablesUFW, let set = SysctlFiles(firewall).last(name), set.value != value {
      return .words("change \(set.place) to '\(name)=\(value)': ufw sets it when it starts")
    }
    guard let file = picture.bootSettings.file(for: name) else {
      let place = picture.bootSettings.last(name)?.place ?? ""
      return .words("change \(place) to '\(name) = \(value)': that file is read last")
    }
    return .action(.append(line: "\(name) = \(value)", to: file))
  }

  /// The name of an interface's variable, to be shown.
  func variable(_ key: StaticString, of name: String) -> String {
    KernelVariable(key, of: name)?.description ?? "\(key) of \(name)"
  }

  /// Changes the configuration by sed(1), and has the daemon read it again.
  func edit(_ expression: String) -> Fix {
    elsewhere([expression])
      ?? Fix(
        [expression].map { .run(["sed", "-i", $0, path]) } + reload,
        lasting: ["the edit of the file is permanent; 'ndpproxy --test-config' checks it"])
  }

  /// What there is instead of an edit where the entry may stand in another file.
  func elsewhere(_ expressions: [String]) -> Fix? {
    guard includesOthers else { return nil }
    let commands = expressions.compactMap { Action.run(["sed", "-i", $0, "FILE"]).shell }
    return Fix(
      obstacle: "the configuration includes other files; in the one that has the entry: "
        + commands.joined(separator: "; "))
  }

  /// Writes another name behind `keywords`, a pattern of sed(1), where `name` stands now.
  func rename(_ name: String, after keywords: String, to other: String) -> Fix {
    guard other.isPlainName else {
      return Fix(
        obstacle: "a configuration cannot name \(other): rename it to letters and digits first")
    }
    return edit("s/\(Sed.place(of: name, after: keywords))/\\1\\2\(other)\\3/g")
  }

  /// Has the daemon read its configuration again, if it runs.
  var reload: [Action] {
    guard let daemon = daemons.first else { return [] }
    return [
      .run(
        picture.hasSystemd
          ? ["systemctl", "reload", "ndpproxy"] : ["kill", "-HUP", "\(daemon.identifier)"])
    ]
  }

  /// Our own processes, the one at the control socket first; none where they cannot be told.
  var daemons: [HostProcess] {
    let own = processes.filter(isOurs)
    return own.filter { $0.identifier == picture.daemon?.process }
      + own.filter { $0.identifier != picture.daemon?.process }
  }

  /// Processes that answer the same questions as ours.
  var rivals: [HostProcess] { processes.filter { !isOurs($0) } }

  private var processes: [HostProcess] { (try? picture.processes.get()) ?? [] }

  /// Whoever answers at the control socket is ours, whatever its file is called.
  private func isOurs(_ process: HostProcess) -> Bool {
    process.name == "ndpproxy" || process.identifier == picture.daemon?.process
  }

  /// How a route or an address is made to last, whoever configures the interface.
  func lasting(_ action: Action, networkd: String, on name: String) -> [Advice] {
    guard name.isPlainName, let command = action.shell else {
      return ["no file can name this interface: rename it to letters and digits first"]
    }
    return [
      "systemd-networkd: \(networkd), in the .network file of \(name)",
      "ifupdown: 'up \(command)' below 'iface \(name) inet6' in /etc/network/interfaces",
    ]
  }
}

/// Basic regular expressions, as sed(1) has them.
enum Sed {
  /// What matches `name` behind one of the keywords, and nothing that only begins like it.
  ///
  /// The keyword is `\1`, the blanks behind it are `\2`, and what follows is `\3`.
  static func place(of name: String, after keywords: String) -> String {
    "\\<\\(\(keywords)\\)\\([[:blank:]]\\{1,\\}\\)\(literal(name))\\([[:blank:]{}#;]\\|$\\)"
  }

  /// An edit that gives a rule, from its name to its closing brace, another method.
  static func methodChange(of prefix: IPv6Prefix, to method: String) -> String {
    let rule = place(of: "\(prefix)", after: "rule")
    let methods = "\\(static\\>\\|auto\\>\\|iface[[:blank:]]\\{1,\\}[^[:blank:]}]*\\)"
    return "/\(rule)/{:a;/}/!{N;ba;};s/\\(\(rule)[^}]*\\)\\<\(methods)/\\1\(method)/;}"
  }

  /// What matches this text and no other.
  static func literal(_ text: String) -> String {
    text.unicodeScalars.map { "\\.[*^$/".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
      .joined()
  }
}

extension SystemError {
  /// Why something was skipped.
  var skipped: String { isMissingPrivilege ? "needs root" : "\(self)" }
}
