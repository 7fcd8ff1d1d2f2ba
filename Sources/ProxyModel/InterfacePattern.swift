/// The name of an interface, or a pattern for several: `*` is any run of characters, `?` any one.
public struct InterfacePattern: Hashable, Sendable {
  /// As the configuration has it.
  public let text: String

  public init(_ text: String) {
    self.text = text
  }

  /// Whether it names one interface.
  public var isExact: Bool { !text.utf8.contains { $0 == anyRun || $0 == anyOne } }

  /// Whether an interface of this name is meant.
  ///
  /// At most the product of both lengths, which are 15, or 127 for alternative names.
  public func matches(_ name: String) -> Bool {
    let pattern = text.utf8.span
    let name = name.utf8.span
    var (position, place) = (0, 0)
    /// Where the last `*` stands, and how far it has reached into the name.
    var run: (position: Int, place: Int)?
    while place < name.count {
      if position < pattern.count, pattern[position] == anyRun {
        run = (position, place)
        position += 1
      } else if position < pattern.count,
        pattern[position] == name[place] || pattern[position] == anyOne
      {
        position += 1
        place += 1
      } else if let last = run {
        run = (last.position, last.place + 1)
        position = last.position + 1
        place = last.place + 1
      } else {
        return false
      }
    }
    while position < pattern.count, pattern[position] == anyRun { position += 1 }
    return position == pattern.count
  }
}

extension InterfacePattern: ExpressibleByStringLiteral {
  /// As it is written in a configuration.
  public init(stringLiteral text: String) { self.init(text) }
}

private let anyRun = UInt8(ascii: "*")
private let anyOne = UInt8(ascii: "?")
