import PlainText

/// JSON (RFC 8259) as both ends of the control socket write and read it: UTF-8, one line a text.
package enum JSONText {
  /// The octets of a value without any line feed.
  ///
  /// Costs time and memory in proportion to them.
  package static func octets(of value: some JSONWritable) -> [UInt8] {
    var json = JSONWriter()
    value.write(to: &json)
    return json.octets
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
