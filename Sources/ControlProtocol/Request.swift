package import NDPWire

/// One line from a client: `{"version":1,"command":{"status":{}}}`.
package struct Request: Encodable, Equatable, Sendable {
  /// `ControlSocket.version`.
  package let version: Int
  /// What is asked for.
  package let command: Command

  /// Asks for something in the version spoken here.
  package init(_ command: Command) {
    version = ControlSocket.version
    self.command = command
  }
}

/// What a client may ask for.
package enum Command: Encodable, Equatable, Sendable {
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

/// Where a log begins.
package enum LogLevel: String, Codable, CaseIterable, Sendable {
  /// Start, end and what is wrong.
  case notice
  /// Also what becomes of interfaces, as with `-v`.
  case info
  /// Also every message, as with `-vv`.
  case debug
}
