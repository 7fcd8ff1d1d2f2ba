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

extension Reply: Codable {
  private enum Key: String, CodingKey {
    case version, status, sessions, rules, counters, configuration, interfaces, why, monitoring
    case message, missed, reload, check, rule, gate, flush, log, error
    case timeMilliseconds
  }

  /// Writes the version and the one value under its name.
  package func encode(to encoder: any Encoder) throws { try encode(to: encoder, at: nil) }

  /// The same with the time at which it is said, in milliseconds since 1970.
  fileprivate func encode(to encoder: any Encoder, at time: UInt64?) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(ControlSocket.version, forKey: .version)
    if let time { try container.encode(time, forKey: .timeMilliseconds) }
    switch self {
    case .status(let value): try container.encode(value, forKey: .status)
    case .sessions(let value): try container.encode(value, forKey: .sessions)
    case .rules(let value): try container.encode(value, forKey: .rules)
    case .counters(let value): try container.encode(value, forKey: .counters)
    case .configuration(let value): try container.encode(value, forKey: .configuration)
    case .interfaces(let value): try container.encode(value, forKey: .interfaces)
    case .why(let value): try container.encode(value, forKey: .why)
    case .monitoring(let value): try container.encode(value, forKey: .monitoring)
    case .message(let value): try container.encode(value, forKey: .message)
    case .missed(let value): try container.encode(value, forKey: .missed)
    case .reload(let value): try container.encode(value, forKey: .reload)
    case .check(let value): try container.encode(value, forKey: .check)
    case .rule(let value): try container.encode(value, forKey: .rule)
    case .gate(let value): try container.encode(value, forKey: .gate)
    case .flush(let value): try container.encode(value, forKey: .flush)
    case .log(let value): try container.encode(value, forKey: .log)
    case .error(let value): try container.encode(value, forKey: .error)
    }
  }

  /// Reads the one value that is there; throws `DecodingError` for another version, too.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func value<Value: Decodable>(_ key: Key) throws -> Value {
      try container.decode(Value.self, forKey: key)
    }
    guard try value(.version) == ControlSocket.version,
      let key = container.allKeys.first(where: { $0 != .version && $0 != .timeMilliseconds })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: container,
        debugDescription: "a reply of version \(ControlSocket.version) was expected")
    }
    switch key {
    case .version, .timeMilliseconds, .status: self = .status(try value(.status))
    case .sessions: self = .sessions(try value(key))
    case .rules: self = .rules(try value(key))
    case .counters: self = .counters(try value(key))
    case .configuration: self = .configuration(try value(key))
    case .interfaces: self = .interfaces(try value(key))
    case .why: self = .why(try value(key))
    case .monitoring: self = .monitoring(try value(key))
    case .message: self = .message(try value(key))
    case .missed: self = .missed(try value(key))
    case .reload: self = .reload(try value(key))
    case .check: self = .check(try value(key))
    case .rule: self = .rule(try value(key))
    case .gate: self = .gate(try value(key))
    case .flush: self = .flush(try value(key))
    case .log: self = .log(try value(key))
    case .error: self = .error(try value(key))
    }
  }
}

/// A reply with the time at which it is said, from which ages in it count back.
package struct TimedReply: Encodable {
  private let reply: Reply
  private let milliseconds: UInt64

  /// `milliseconds` since 1970.
  package init(_ reply: Reply, at milliseconds: UInt64) {
    self.reply = reply
    self.milliseconds = milliseconds
  }

  /// Writes version, `timeMilliseconds` and the reply.
  package func encode(to encoder: any Encoder) throws {
    try reply.encode(to: encoder, at: milliseconds)
  }
}

/// Why a request was not done.
package struct RequestFailure: Codable, Equatable, Error, Sendable, CustomStringConvertible {
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
  package enum Code: String, Codable, Sendable {
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
}
