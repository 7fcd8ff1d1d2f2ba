import ProxyModel

/// What a key with one value does: how the value gets into the model, and how it is printed.
struct Option<Root>: Sendable {
  /// Reads the value and puts it in its place; reports what is wrong with it.
  let read: @Sendable (Word, Keyword, inout Lowering, inout Root) -> Void

  /// The value as it is written in the file; `nil` where it is not printed.
  let text: @Sendable (Root) -> String?

  /// An example of a value, where it is not the default.
  var example: String?

  /// The word that stands for no limit, where a number may be left open.
  var wordForNoLimit: String?

  /// Whether the value goes on up to the end of the line.
  var takesLine = false

  /// The value that is followed by one more word.
  var wordWithAnother: String?

  /// Whether the value may stand in quotes and hold octets that others may not.
  var takesText = false

  /// A place in the model: it hands the value at that place to the function that is given.
  ///
  /// Embedded Swift has no key paths.
  typealias Place<Value> = @Sendable (inout Root, (inout Value) -> Void) -> Void
}

extension Option {
  /// A number of milliseconds.
  static func duration(
    _ place: @escaping Place<Duration>, _ range: ClosedRange<Int>
  ) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        let number = lowering.number(word, of: keyword, in: range, unit: .milliseconds)
        if let number { place(&root) { $0 = .milliseconds(number) } }
      },
      text: { "\(value(at: place, in: $0).wholeMilliseconds)" })
  }

  /// A number of milliseconds that nothing depends on; it is printed where it was given.
  static func unusedDuration(
    _ place: @escaping Place<Duration?>, _ range: ClosedRange<Int>
  ) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        let number = lowering.number(word, of: keyword, in: range, unit: .milliseconds)
        if let number { place(&root) { $0 = .milliseconds(number) } }
      },
      text: { value(at: place, in: $0).map { "\($0.wholeMilliseconds)" } }, example: "30000")
  }

  /// A plain number.
  static func count(
    _ place: @escaping Place<Int>, _ range: ClosedRange<Int>, unit: Unit
  ) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        let number = lowering.number(word, of: keyword, in: range, unit: unit)
        if let number { place(&root) { $0 = number } }
      },
      text: { "\(value(at: place, in: $0))" })
  }

  /// A limit, or `unlimited`.
  static func optionalLimit(
    _ place: @escaping Place<Int?>, _ range: ClosedRange<Int>
  ) -> Option {
    let unlimited = "unlimited"
    return Option(
      read: { word, keyword, lowering, root in
        if !word.isDamaged, lowering.source.text(word.range) == unlimited {
          place(&root) { $0 = nil }
        } else if let number = lowering.number(word, of: keyword, in: range, unit: .limit) {
          place(&root) { $0 = number }
        }
      },
      text: { value(at: place, in: $0).map { "\($0)" } ?? unlimited }, wordForNoLimit: unlimited)
  }

  /// `yes` or `no`.
  static func flag(_ place: @escaping Place<Bool>) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        if let isOn = lowering.boolean(word, of: keyword) { place(&root) { $0 = isOn } }
      },
      text: { value(at: place, in: $0) ? "yes" : "no" })
  }

  /// One of some words; `words` lists them for people.
  static func choice<Value: RawRepresentable<String> & SendableMetatype>(
    _ place: @escaping Place<Value>, _ words: String
  ) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        let value = lowering.choice(word, of: keyword, words, Value.init(rawValue:))
        if let value { place(&root) { $0 = value } }
      },
      text: { value(at: place, in: $0).rawValue })
  }

  /// Any text of one line, printed where there is some.
  static func text(_ place: @escaping Place<String>, example: String) -> Option {
    Option(
      read: { word, keyword, lowering, root in
        if let text = lowering.lineOfText(word, of: keyword) { place(&root) { $0 = text } }
      },
      text: {
        let text = value(at: place, in: $0)
        return text.isEmpty ? nil : text.contains("\"") ? "'\(text)'" : "\"\(text)\""
      }, example: "\"\(example)\"", takesText: true)
  }
}

/// What a place of the model holds.
func value<Root, Value>(
  at place: (inout Root, (inout Value) -> Void) -> Void, in root: Root
) -> Value {
  var root = root
  var found: Value?
  place(&root) { found = $0 }
  guard let found else { preconditionFailure("a place hands over its value") }
  return found
}

extension Option<Ruleset.Proxy> {
  /// Which address of the proxy interface advertisements come from.
  static let source = Option(
    read: { word, keyword, lowering, proxy in
      let words = "'auto', 'link-local', 'global', 'target' or a unicast address"
      guard
        let source = lowering.choice(word, of: keyword, words, Ruleset.AdvertisementSource.init)
      else { return }
      proxy.source = source
      if case .address(let address) = source {
        lowering.refer(to: .address(address, interface: proxy.interface), at: word)
      }
    },
    text: { "\($0.source)" })
}
