import JSONText
import NDPWire

// Requests are few and small, so that the daemon reads them without Swift's way to take up values.

extension Request {
  /// Reads a line from a client; whatever else it holds is left out.
  ///
  /// Throws `malformed` where it is no request of the version spoken here.
  package init(reading line: some Sequence<UInt8>) throws(RequestFailure) {
    guard let text = try? JSONText.value(from: line),
      let version = text["version"]?.integer, version == ControlSocket.version,
      let command = text["command"].flatMap(Command.init)
    else {
      throw RequestFailure(
        .malformed,
        "that is no request of version \(ControlSocket.version), such as "
          + #"{"version":1,"command":{"status":{}}}"#)
    }
    self.init(command)
  }
}

extension Command {
  /// Reads an object with the one command under its name; `nil` where it is none.
  fileprivate init?(_ value: JSONValue) {
    guard case .object(let members) = value else { return nil }
    let named = members.compactMap { member in Name(rawValue: member.key).map { ($0, member) } }
    guard named.count == 1, let (name, member) = named.first, case .object = member.value else {
      return nil
    }
    self.init(name, member.value)
  }

  private init?(_ name: Name, _ values: JSONValue) {
    switch name {
    case .status: self = .status
    case .sessions:
      guard let start = values["from"]?.integer else { return nil }
      self = .sessions(from: start)
    case .rules:
      guard let start = values["from"]?.integer else { return nil }
      self = .rules(from: start)
    case .counters: self = .counters
    case .configuration:
      guard let start = values.optional("from", { $0.integer }) else { return nil }
      self = .configuration(from: start)
    case .interfaces:
      guard let start = values["from"]?.integer else { return nil }
      self = .interfaces(from: start)
    case .why:
      guard let target = values["target"]?.string.flatMap(IPv6Address.init) else { return nil }
      self = .why(target: target)
    case .monitor:
      guard let prefix = values.optional("prefix", { $0.string.flatMap(IPv6Prefix.init) }),
        let interface = values.optional("interface", { $0.string }),
        let frames = values["frames"]?.bool
      else { return nil }
      self = .monitor(prefix: prefix, interface: interface, frames: frames)
    case .recent:
      guard let limit = values["limit"]?.integer else { return nil }
      self = .recent(limit: limit)
    case .reload: self = .reload
    case .check: self = .check
    case .rule:
      guard let prefix = values["prefix"]?.string.flatMap(IPv6Prefix.init),
        let proxy = values.optional("proxy", { $0.string }), let enabled = values["enabled"]?.bool
      else { return nil }
      self = .rule(prefix: prefix, proxy: proxy, enabled: enabled)
    case .gate:
      guard let name = values["name"]?.string, let isOn = values["isOn"]?.bool else { return nil }
      self = .gate(name: name, isOn: isOn)
    case .flush:
      guard let prefix = values["prefix"]?.string.flatMap(IPv6Prefix.init) else { return nil }
      self = .flush(prefix: prefix)
    case .log:
      guard let level = values["level"]?.string.flatMap(LogLevel.init) else { return nil }
      self = .log(level: level)
    }
  }
}

extension JSONValue {
  /// What an object has under a key; `nil` for other values, too.
  fileprivate subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The same where it may be left out, or be `null`; `nil` where it is neither that nor readable.
  fileprivate func optional<Value>(
    _ key: String, _ read: (JSONValue) -> Value?
  ) -> Value?? {
    guard let value = self[key], value != .null else { return .some(nil) }
    return read(value).map { .some($0) }
  }

  fileprivate var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  fileprivate var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// A number without a fraction or an exponent.
  fileprivate var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text)
  }
}
