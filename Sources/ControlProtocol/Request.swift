package import JSONText
package import NDPWire

/// One line from a client: `{"version":1,"command":{"status":{}}}`.
package struct Request: JSONWritable, Equatable, Sendable {
  /// `ControlSocket.version`.
  package let version: Int
  /// What is asked for.
  package let command: Command

  /// Asks for something in the version spoken here.
  package init(_ command: Command) {
    version = ControlSocket.version
    self.command = command
  }

  /// Writes the version, and the command as an object.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("version", version)
      $0.member("command", command)
    }
  }
}

/// What a client may ask for.
package enum Command: Equatable, Sendable {
  /// How things are, in short.
  case status
  /// What is known of targets, `ControlSocket.pageLength` of them from a place on.
  case sessions(from: Int)
  /// The rules with what was counted of each, as many from a place on.
  case rules(from: Int)
  /// What was done and what was not, and why.
  case counters
  /// The configuration in force, in the language of its file: a part of it from a place on.
  case configuration(from: Int?)
  /// The interfaces that rules name, `ControlSocket.pageLength` of them from a place on.
  case interfaces(from: Int)
  /// What becomes of a question for this target, and why.
  case why(target: IPv6Address)
  /// Every message from now on, until the connection ends.
  ///
  /// Only for targets in a prefix, and on one interface, where these are given; `frames` asks for
  /// the octets as well.
  case monitor(prefix: IPv6Prefix?, interface: String?, frames: Bool)
  /// The targets that were solicited last, the latest first, `limit` at most.
  case recent(limit: Int)
  /// To read the configuration file again and go by it; for root.
  case reload
  /// To read the configuration file and say what a reload would do, but to do nothing; for root.
  ///
  /// It is no option of `reload`: a daemon that does not know it must not reload.
  case check
  /// To disable rules for just this prefix until the next reload, or to enable them again; only
  /// those of one proxy, where it is given; for root.
  case rule(prefix: IPv6Prefix, proxy: String?, enabled: Bool)
  /// To set a gate of the configuration on or off; for root.
  case gate(name: String, isOn: Bool)
  /// To forget what is known of targets in a prefix; for root.
  case flush(prefix: IPv6Prefix)
  /// To log more or less from now on; for root.
  case log(level: LogLevel)

  /// Whether it changes something.
  package var isPrivileged: Bool {
    switch self {
    case .reload, .check, .rule, .gate, .flush, .log: true
    case .status, .sessions, .rules, .counters, .configuration, .interfaces, .why, .monitor,
      .recent:
      false
    }
  }
}

extension Command: JSONWritable {
  /// Its name, under which its values are.
  enum Name: String {
    case status, sessions, rules, counters, configuration, interfaces, why, monitor, recent, reload
    case check, rule, gate, flush, log
  }

  /// Writes an object with the command under its name.
  package func write(to json: inout JSONWriter) {
    json.object { json in
      func command(_ name: Name, _ members: (inout JSONWriter) -> Void = { _ in }) {
        json.member(name.rawValue, members)
      }
      switch self {
      case .status: command(.status)
      case .sessions(let start): command(.sessions) { $0.member("from", start) }
      case .rules(let start): command(.rules) { $0.member("from", start) }
      case .counters: command(.counters)
      case .configuration(let start): command(.configuration) { $0.member("from", start) }
      case .interfaces(let start): command(.interfaces) { $0.member("from", start) }
      case .why(let target): command(.why) { $0.member("target", target) }
      case .monitor(let prefix, let interface, let frames):
        command(.monitor) {
          $0.member("prefix", prefix)
          $0.member("interface", interface)
          $0.member("frames", frames)
        }
      case .recent(let limit): command(.recent) { $0.member("limit", limit) }
      case .reload: command(.reload)
      case .check: command(.check)
      case .rule(let prefix, let proxy, let enabled):
        command(.rule) {
          $0.member("prefix", prefix)
          $0.member("proxy", proxy)
          $0.member("enabled", enabled)
        }
      case .gate(let name, let isOn):
        command(.gate) {
          $0.member("name", name)
          $0.member("isOn", isOn)
        }
      case .flush(let prefix): command(.flush) { $0.member("prefix", prefix) }
      case .log(let level): command(.log) { $0.member("level", level) }
      }
    }
  }
}

/// Where a log begins.
package enum LogLevel: String, ReplyPart, CaseIterable, Sendable {
  /// Start, end and what is wrong.
  case notice
  /// Also what becomes of interfaces, as with `-v`.
  case info
  /// Also every message, as with `-vv`.
  case debug
}
