package import JSONText

/// One line from the daemon: `{"version":1,"status":{…}}`.
package enum Reply: Equatable, Sendable {
  case status(Status)
  case sessions(SessionPage)
  case rules(RulePage)
  case counters(CounterReport)
  case configuration(ConfigurationReport)
  case interfaces(InterfacePage)
  case why(Explanation)
  /// A monitor's request was taken up.
  case monitoring(MonitorReport)
  /// A monitor is told of one message.
  case message(WatchedMessage)
  /// A monitor is told of messages it was not told of.
  case missed(MissedReport)
  case reload(ReloadReport)
  case check(CheckReport)
  case rule(RuleSwitchReport)
  case gate(GateReport)
  case flush(FlushReport)
  case log(LogReport)
  case error(RequestFailure)
}

extension Reply: JSONWritable {
  /// Writes the version and the one value under its name.
  package func write(to json: inout JSONWriter) { write(to: &json, at: nil) }

  /// The same with the time at which it is said, in milliseconds since 1970.
  fileprivate func write(to json: inout JSONWriter, at time: UInt64?) {
    json.object {
      $0.member("version", ControlSocket.version)
      $0.member("timeMilliseconds", time)
      switch self {
      case .status(let value): $0.member("status", value)
      case .sessions(let value): $0.member("sessions", value)
      case .rules(let value): $0.member("rules", value)
      case .counters(let value): $0.member("counters", value)
      case .configuration(let value): $0.member("configuration", value)
      case .interfaces(let value): $0.member("interfaces", value)
      case .why(let value): $0.member("why", value)
      case .monitoring(let value): $0.member("monitoring", value)
      case .message(let value): $0.member("message", value)
      case .missed(let value): $0.member("missed", value)
      case .reload(let value): $0.member("reload", value)
      case .check(let value): $0.member("check", value)
      case .rule(let value): $0.member("rule", value)
      case .gate(let value): $0.member("gate", value)
      case .flush(let value): $0.member("flush", value)
      case .log(let value): $0.member("log", value)
      case .error(let value): $0.member("error", value)
      }
    }
  }
}

/// A reply with the time at which it is said, from which ages in it count back.
package struct TimedReply: JSONWritable {
  private let reply: Reply
  private let milliseconds: UInt64

  /// `milliseconds` since 1970.
  package init(_ reply: Reply, at milliseconds: UInt64) {
    self.reply = reply
    self.milliseconds = milliseconds
  }

  /// Writes version, `timeMilliseconds` and the reply.
  package func write(to json: inout JSONWriter) { reply.write(to: &json, at: milliseconds) }
}

/// Why a request was not done.
package struct RequestFailure: ReplyPart, Equatable, Error, Sendable, CustomStringConvertible {
  /// What kind of reason it is.
  package let code: Code
  /// One sentence without a full stop.
  package let description: String

  /// Makes one; the sentence says what to do.
  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// The kinds of reasons, by which programs tell them apart.
  package enum Code: String, ReplyPart, Sendable {
    /// It is no request of this version; the connection ends.
    case malformed
    /// It is too long; the connection ends.
    case oversized
    /// It is for root.
    case forbidden
    /// What was asked for is too much for one reply.
    case tooLarge
    /// There are too many others, who come first; the connection ends.
    case displaced
    /// There is no such thing as was asked for.
    case notFound
    /// The kernel does not do it.
    case refused
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("code", code)
      $0.member("description", description)
    }
  }
}
