package import JSONText

extension JSONText {
  /// Reads a value; whatever else the text holds is left out.
  ///
  /// Throws `JSONSyntaxError` where it is no JSON or too deep, and `DecodingError` where it is not
  /// such a value.
  package static func value<Value: Decodable>(
    _ type: Value.Type, from octets: some Sequence<UInt8>
  ) throws -> Value {
    try type.init(from: JSONDecoding(value: self.value(from: octets), codingPath: []))
  }
}

/// Swift's way to take up a value, from JSON.
struct JSONDecoding: Decoder {
  let value: JSONValue
  let codingPath: [any CodingKey]

  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch(JSONObject.self) }
    return KeyedDecodingContainer(JSONObjectDecoding(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch(JSONArray.self) }
    return JSONArrayDecoding(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    JSONScalarDecoding(decoding: self)
  }

  func mismatch(_ type: Any.Type) -> DecodingError {
    .typeMismatch(
      type, DecodingError.Context(codingPath: codingPath, debugDescription: "it is \(value)"))
  }
}

/// What messages call an object.
private enum JSONObject {}
/// What messages call an array.
private enum JSONArray {}

/// An object that is being taken up.
private struct JSONObjectDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [JSONValue.Member]
  let codingPath: [any CodingKey]

  var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { value(of: key) != nil }

  func decodeNil(forKey key: Key) -> Bool { value(of: key) == .null }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try type.init(from: decoding(of: key))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try decoding(of: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoding(of: key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    try decoding(of: JSONKey(stringValue: "super"))
  }
  func superDecoder(forKey key: Key) throws -> any Decoder { try decoding(of: key) }

  private func value(of key: any CodingKey) -> JSONValue? {
    members.first { $0.key == key.stringValue }?.value
  }

  private func decoding(of key: any CodingKey) throws -> JSONDecoding {
    guard let value = value(of: key) else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "it is not there"))
    }
    return JSONDecoding(value: value, codingPath: codingPath + [key])
  }
}

/// An array that is being taken up.
private struct JSONArrayDecoding: UnkeyedDecodingContainer {
  let elements: [JSONValue]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(elements: [JSONValue], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  mutating func decodeNil() -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try type.init(from: next())
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }

  private mutating func next() throws -> JSONDecoding {
    let key = JSONKey(intValue: currentIndex)
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        JSONArray.self,
        DecodingError.Context(codingPath: codingPath + [key], debugDescription: "no more"))
    }
    defer { currentIndex += 1 }
    return JSONDecoding(value: elements[currentIndex], codingPath: codingPath + [key])
  }
}

/// A string, number, `true`, `false` or `null` that is being taken up.
private struct JSONScalarDecoding: SingleValueDecodingContainer {
  let decoding: JSONDecoding

  var codingPath: [any CodingKey] { decoding.codingPath }

  func decodeNil() -> Bool { decoding.value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = decoding.value else { throw decoding.mismatch(type) }
    return value
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .string(let value) = decoding.value else { throw decoding.mismatch(type) }
    return value
  }

  func decode(_ type: Int.Type) throws -> Int { try number(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try number(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try number(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try number(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try number(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try number(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try number(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try number(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try number(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try number(type) }
  func decode(_ type: Double.Type) throws -> Double { try number(type) }
  func decode(_ type: Float.Type) throws -> Float { try number(type) }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try type.init(from: decoding)
  }

  private func number<Number: LosslessStringConvertible>(_ type: Number.Type) throws -> Number {
    guard case .number(let text) = decoding.value, let value = Number(text) else {
      throw decoding.mismatch(type)
    }
    return value
  }
}
