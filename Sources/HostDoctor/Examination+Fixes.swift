import LinuxNet

extension Examination {
  /// Sets a kernel variable now and at boot.
  func set(_ variable: String, to value: String) -> Fix {
    Fix(sysctl: variable, to: value, in: bootFile)
  }

  /// The name of an interface's variable; a dot of the interface's name becomes a slash
  /// (sysctl.d(5)).
  func variable(_ key: String, of name: String) -> String {
    "net.ipv6.conf.\(String(name.map { $0 == "." ? "/" : $0 })).\(key)"
  }

  /// Our own file of sysctl.d(5).
  var bootFile: String { picture.bootSettings.directory + "/90-ndpproxy.conf" }

  /// Changes the configuration, and has the daemon read it again.
  func edit(_ expression: String) -> Fix {
    Fix(
      ["sed -i \(expression.quoted) \(path.quoted)"] + reload,
      lasting: ["the file is what lasts; 'ndpproxy --test-config' checks it"])
  }

  /// Has the daemon read its configuration again, if it runs.
  private var reload: [String] {
    guard let daemon = daemons.first else { return [] }
    return picture.hasSystemd ? ["systemctl reload ndpproxy"] : ["kill -HUP \(daemon.identifier)"]
  }

  /// Our own processes; none where they cannot be told.
  var daemons: [HostProcess] {
    ((try? picture.processes.get()) ?? []).filter { $0.name == "ndpproxy" }
  }

  /// How a route or an address is made to last, whoever configures the interface.
  func lasting(_ command: String, networkd: String, on name: String) -> [String] {
    [
      "systemd-networkd: \(networkd), in the .network file of \(name)",
      "ifupdown: 'up \(command)' below 'iface \(name) inet6' in /etc/network/interfaces",
    ]
  }
}

extension String {
  /// The text as one word of a shell.
  var quoted: String {
    let plain = utf8.allSatisfy { octet in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet
        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet || "/._-:=%,+@".utf8.contains(octet)
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet
    }
    if plain, !isEmpty { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}

extension SystemError {
  /// Why something was skipped.
  var skipped: String { isMissingPrivilege ? "needs root" : "\(self)" }
}
