/// Swift's way to say a value, said as JSON.
struct JSONEncoding: Encoder {
  let writer: JSONWriter
  /// How many arrays and objects are open around the value.
  let depth: Int

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(
      JSONObjectEncoding(writer: writer, depth: writer.begin(isObject: true, within: depth)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    JSONArrayEncoding(writer: writer, depth: writer.begin(isObject: false, within: depth))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    JSONScalarEncoding(writer: writer, depth: depth)
  }
}

/// An object that is being said.
private struct JSONObjectEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let writer: JSONWriter
  let depth: Int

  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) {
    writer.write(key: key.stringValue, at: depth)
    writer.write(bare: "null")
  }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try value.encode(to: encoding(of: key))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    encoding(of: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoding(of: key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { preconditionFailure("nothing here has a superclass") }
  func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }

  private func encoding(of key: Key) -> JSONEncoding {
    writer.write(key: key.stringValue, at: depth)
    return JSONEncoding(writer: writer, depth: depth)
  }
}

/// An array that is being said.
private struct JSONArrayEncoding: UnkeyedEncodingContainer {
  let writer: JSONWriter
  let depth: Int
  private(set) var count = 0

  init(writer: JSONWriter, depth: Int) {
    self.writer = writer
    self.depth = depth
  }

  var codingPath: [any CodingKey] { [] }

  mutating func encodeNil() {
    _ = next()
    writer.write(bare: "null")
  }

  mutating func encode<Value: Encodable>(_ value: Value) throws {
    try value.encode(to: next())
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    next().unkeyedContainer()
  }

  func superEncoder() -> any Encoder { preconditionFailure("nothing here has a superclass") }

  private mutating func next() -> JSONEncoding {
    writer.separate(at: depth)
    count += 1
    return JSONEncoding(writer: writer, depth: depth)
  }
}

/// A string, number, `true`, `false` or `null` that is being said.
private struct JSONScalarEncoding: SingleValueEncodingContainer {
  let writer: JSONWriter
  let depth: Int

  var codingPath: [any CodingKey] { [] }

  func encodeNil() { writer.write(bare: "null") }
  func encode(_ value: Bool) { writer.write(bare: "\(value)") }
  func encode(_ value: String) { writer.write(value) }
  func encode(_ value: Int) { writer.write(bare: "\(value)") }
  func encode(_ value: Int8) { writer.write(bare: "\(value)") }
  func encode(_ value: Int16) { writer.write(bare: "\(value)") }
  func encode(_ value: Int32) { writer.write(bare: "\(value)") }
  func encode(_ value: Int64) { writer.write(bare: "\(value)") }
  func encode(_ value: UInt) { writer.write(bare: "\(value)") }
  func encode(_ value: UInt8) { writer.write(bare: "\(value)") }
  func encode(_ value: UInt16) { writer.write(bare: "\(value)") }
  func encode(_ value: UInt32) { writer.write(bare: "\(value)") }
  func encode(_ value: UInt64) { writer.write(bare: "\(value)") }
  func encode(_ value: Float) throws { try encode(Double(value)) }

  func encode(_ value: Double) throws {
    guard value.isFinite else {
      throw EncodingError.invalidValue(
        value, EncodingError.Context(codingPath: [], debugDescription: "JSON has no such number"))
    }
    writer.write(bare: "\(value)")
  }

  func encode<Value: Encodable>(_ value: Value) throws {
    try value.encode(to: JSONEncoding(writer: writer, depth: depth))
  }
}
