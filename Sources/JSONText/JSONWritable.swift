/// A value that can be written as JSON.
///
/// The daemon is compiled as Embedded Swift, which has no `Encodable`.
package protocol JSONWritable {
  /// Writes it where a value may stand.
  func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
  /// Writes a string.
  package func write(to json: inout JSONWriter) { json.write(self) }
}

extension Bool: JSONWritable {
  /// Writes `true` or `false`.
  package func write(to json: inout JSONWriter) { json.write(bare: self ? "true" : "false") }
}

extension JSONWritable where Self: FixedWidthInteger {
  /// Writes a number.
  package func write(to json: inout JSONWriter) { json.write(bare: "\(self)") }
}

extension Int: JSONWritable {}
extension Int32: JSONWritable {}
extension UInt32: JSONWritable {}
extension UInt64: JSONWritable {}

extension Array: JSONWritable where Element: JSONWritable {
  /// Writes an array.
  package func write(to json: inout JSONWriter) { json.array(of: self) }
}

extension JSONWritable where Self: RawRepresentable<String> {
  /// Writes the raw value.
  package func write(to json: inout JSONWriter) { rawValue.write(to: &json) }
}

extension JSONWritable where Self: CustomStringConvertible {
  /// Writes the description, as for addresses.
  package func write(to json: inout JSONWriter) { json.write(description) }
}
