/// A value of a type that is read from JSON, in which nothing is left out, and that JSON.
///
/// For tests that what a type writes is what it reads: a member that is never written is missing,
/// even if it may be left out.
package struct InventedValue<Value: Decodable> {
  /// The value; numbers and texts in it are different from each other.
  package let value: Value
  /// What it was read from, without spaces, and with the members in the order in which the type
  /// asked for them.
  package let json: String

  /// Invents a value; `words` are the texts that its enumerations know, one for each of them.
  ///
  /// Throws what the type says of the last of them where it takes none.
  package init(of type: Value.Type = Value.self, words: [String] = []) throws {
    let inventor = Inventor(words: words)
    (value, json) = try inventor.invent(type)
  }
}

/// Numbers and texts that are all different.
private final class Inventor {
  private let words: [String]
  private var last = 0

  init(words: [String]) { self.words = words }

  func nextNumber() -> Int {
    last += 1
    return last
  }

  /// Invents a value of a type, and goes through the kinds of texts where it does not take any.
  func invent<Value: Decodable>(_ type: Value.Type) throws -> (Value, String) {
    let number = nextNumber()
    let texts =
      ["text \(number)", "2001:db8::\(number)", "2001:db8:\(number)::/48"]
      + ["02:00:00:00:\(number / 90 + 10):\(number % 90 + 10)"] + words
    var reason: (any Error)?
    for text in texts {
      let invention = Invention(inventor: self, text: text)
      do {
        return (try type.init(from: invention), invention.json)
      } catch {
        guard invention.isText else { throw error }
        reason = error
      }
    }
    throw reason!
  }
}

/// One value while a type takes it up.
private final class Invention: Decoder, SingleValueDecodingContainer {
  let inventor: Inventor
  private let text: String
  /// Whether a text was asked for.
  private(set) var isText = false
  /// What was asked for: an object or an array without its brackets, or another value.
  private var parts: [String] = []
  private var brackets = ("", "")

  init(inventor: Inventor, text: String) {
    self.inventor = inventor
    self.text = text
  }

  /// What was asked for until now.
  var json: String { brackets.0 + parts.joined(separator: ",") + brackets.1 }

  /// Invents an element, or a member with this key.
  func invent<Value: Decodable>(_ type: Value.Type, key: String? = nil) throws -> Value {
    let (value, json) = try inventor.invent(type)
    parts.append((key.map { "\"\($0)\":" } ?? "") + json)
    return value
  }

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    brackets = ("{", "}")
    return KeyedDecodingContainer(InventedObject(owner: self))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer {
    brackets = ("[", "]")
    return InventedArray(owner: self)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { false }

  func decode(_ type: Bool.Type) -> Bool {
    let isTrue = inventor.nextNumber().isMultiple(of: 2)
    parts = ["\(isTrue)"]
    return isTrue
  }

  func decode(_ type: String.Type) -> String {
    isText = true
    parts = ["\"\(text)\""]
    return text
  }

  func decode(_ type: Int.Type) -> Int { number(type) }
  func decode(_ type: Int8.Type) -> Int8 { number(type) }
  func decode(_ type: Int16.Type) -> Int16 { number(type) }
  func decode(_ type: Int32.Type) -> Int32 { number(type) }
  func decode(_ type: Int64.Type) -> Int64 { number(type) }
  func decode(_ type: UInt.Type) -> UInt { number(type) }
  func decode(_ type: UInt8.Type) -> UInt8 { number(type) }
  func decode(_ type: UInt16.Type) -> UInt16 { number(type) }
  func decode(_ type: UInt32.Type) -> UInt32 { number(type) }
  func decode(_ type: UInt64.Type) -> UInt64 { number(type) }
  func decode(_ type: Double.Type) throws -> Double { throw NotInvented() }
  func decode(_ type: Float.Type) throws -> Float { throw NotInvented() }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try type.init(from: self) }

  private func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    let number = Number(inventor.nextNumber())
    parts = ["\(number)"]
    return number
  }
}

/// What no reply has.
private struct NotInvented: Error {}

/// An object that has every member that is asked for.
private struct InventedObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let owner: Invention

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { ["one", "other"].compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try owner.invent(type, key: key.stringValue)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> { throw NotInvented() }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw NotInvented()
  }

  func superDecoder() throws -> any Decoder { throw NotInvented() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw NotInvented() }
}

/// An array of two elements.
private struct InventedArray: UnkeyedDecodingContainer {
  let owner: Invention
  private(set) var currentIndex = 0

  init(owner: Invention) { self.owner = owner }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { 2 }
  var isAtEnd: Bool { currentIndex == 2 }

  func decodeNil() -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    currentIndex += 1
    return try owner.invent(type)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> { throw NotInvented() }

  func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotInvented() }
  func superDecoder() throws -> any Decoder { throw NotInvented() }
}
