import PlainText

/// JSON (RFC 8259) as both ends of the control socket write and read it: UTF-8, one line a text.
package enum JSONText {
  /// The octets of a value without any line feed.
  ///
  /// Costs time and memory in proportion to them. Traps where the value encodes a number that is
  /// none: nothing of ours does.
  package static func octets<Value: Encodable>(of value: Value) -> [UInt8] {
    let writer = JSONWriter()
    do {
      try value.encode(to: JSONEncoding(writer: writer, depth: 0))
    } catch {
      fatalError("what we say cannot be said: \(error)")
    }
    writer.close(downTo: 0)
    return writer.octets
  }

  /// A JSON text of somebody else so that a terminal may show it: the same text, with what is not
  /// printable in its strings escaped.
  ///
  /// Nothing of that can stand outside of strings.
  package static func printable(_ octets: some Sequence<UInt8>) -> String {
    var shown: [UInt8] = []
    for scalar in String(decoding: Array(octets), as: UTF8.self).unicodeScalars {
      if scalar.isPrintable && !scalar.joins {
        shown += String(scalar).utf8
      } else {
        shown.append(escape: scalar)
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  /// Reads a text as it stands.
  ///
  /// Throws `JSONSyntaxError` where it is no JSON or too deep.
  package static func value(
    from octets: some Sequence<UInt8>
  ) throws(JSONSyntaxError) -> JSONValue {
    var reader = JSONReader(octets)
    return try reader.readText()
  }
}

/// A key of an object, where no type has one of its own.
package struct JSONKey: CodingKey {
  /// The key itself.
  package let stringValue: String
  /// The place in an array; `nil` for a key of an object.
  package let intValue: Int?

  /// A key of an object.
  package init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  /// A place in an array.
  package init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}
