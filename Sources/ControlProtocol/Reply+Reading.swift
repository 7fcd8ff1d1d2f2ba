#if !hasFeature(Embedded)
  import JSONText
  package import NDPWire

  extension Reply: Decodable {
    private enum Key: String, CodingKey {
      case version, status, sessions, rules, counters, configuration, interfaces, why, monitoring
      case message, missed, reload, check, rule, gate, flush, log, error
      case timeMilliseconds
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

  extension NamedCounts {
    /// Reads an object of numbers.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: JSONKey.self)
      entries = try container.allKeys.map {
        Entry(name: $0.stringValue, count: try container.decode(UInt64.self, forKey: $0))
      }
    }
  }

  extension IPv6Address: Decodable {
    /// Reads the text of RFC 4291 §2.2; throws `DecodingError`.
    package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  }

  extension IPv6Prefix: Decodable {
    /// Reads `address/length`; throws `DecodingError`.
    package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  }

  extension MACAddress: Decodable {
    /// Reads six groups of two digits; throws `DecodingError`.
    package init(from decoder: any Decoder) throws { self = try decodeText(decoder) }
  }

  private func decodeText<Value: LosslessStringConvertible>(_ decoder: any Decoder) throws -> Value
  {
    let text = try String(from: decoder)
    guard let value = Value(text) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath, debugDescription: "'\(text)' is no \(Value.self)"))
    }
    return value
  }
#endif
