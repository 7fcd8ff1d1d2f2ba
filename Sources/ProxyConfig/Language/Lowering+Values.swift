import NDPWire
import PlainText

/// A word for yes or no.
struct BooleanWord {
  /// Whether it says yes.
  let isOn: Bool

  /// Whether it says the same to ndppd, for which all but `yes` and `true` is no.
  let isNdppds: Bool

  /// Reads `yes`, `true`, `on`, `1` and their opposites in any letter case; `nil` for all else.
  init?(_ text: String) {
    switch text.lowercased() {
    case "yes", "true": (isOn, isNdppds) = (true, true)
    case "on", "1": (isOn, isNdppds) = (true, false)
    case "no", "false", "off", "0": (isOn, isNdppds) = (false, true)
    default: return nil
    }
  }
}

/// What a number counts.
enum Unit: String {
  /// Thousandths of a second, like all of ndppd's times.
  case milliseconds

  /// Repetitions.
  case times

  /// Things at once or per second, as the key says.
  case limit = ""
}

extension Unit {
  /// As it stands behind a number.
  fileprivate var suffix: String { rawValue.isEmpty ? "" : " \(rawValue)" }
}

extension Lowering {
  /// Reads `yes` or `no`, and reports what is not, or what has no effect yet.
  mutating func boolean(_ word: Word, of keyword: Keyword) -> Bool? {
    guard let text = plainText(word) else { return nil }
    let offset = word.range.lowerBound
    guard let boolean = BooleanWord(text) else {
      diagnostics.report(
        .error, .invalidBoolean, at: offset,
        "'\(keyword.name)' is 'yes' or 'no', not \(text.quoted), which ndppd takes for 'no'",
        suggestion: "write 'yes' or 'no'")
      return nil
    }
    if !boolean.isNdppds {
      diagnostics.report(
        .warning, .looseBoolean, at: offset,
        "\(text.quoted) means 'yes' here, but 'no' for ndppd", suggestion: "write 'yes'")
    }
    if boolean.isOn, !keyword.isInEffect {
      diagnostics.report(
        .warning, .notInEffect, at: offset,
        "'\(keyword.name)' is accepted but not yet in effect", suggestion: nil)
    }
    return boolean.isOn
  }

  /// Reads one of several words.
  mutating func choice<Value>(
    _ word: Word, of keyword: Keyword, _ words: String, _ read: (String) -> Value?
  ) -> Value? {
    guard let text = plainText(word) else { return nil }
    if let value = read(text) { return value }
    diagnostics.report(
      .error, .invalidChoice, at: word.range.lowerBound,
      "'\(keyword.name)' is \(words), not \(text.quoted)",
      suggestion: "write '\(keyword.defaultText ?? "")', the default")
    return nil
  }

  /// Reads decimal digits within a range; a word that stands for no limit is read before.
  mutating func number(
    _ word: Word, of keyword: Keyword, in range: ClosedRange<Int>, unit: Unit
  ) -> Int? {
    guard let text = plainText(word) else { return nil }
    let alternative = keyword.wordForNoLimit.map { " or '\($0)'" } ?? ""
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0.isDecimalDigit }) else {
      let kind = unit == .milliseconds ? "a number of milliseconds" : "a plain number"
      diagnostics.report(
        .error, .invalidNumber, at: word.range.lowerBound,
        "'\(keyword.name)' is \(kind)\(alternative), not \(text.quoted)",
        suggestion: unit == .milliseconds ? durationRemedy(text) : nil)
      return nil
    }
    guard let number = Int(text), range.contains(number) else {
      diagnostics.report(
        .error, .numberOutOfRange, at: word.range.lowerBound,
        "'\(keyword.name)' is \(range.lowerBound) to \(range.upperBound)\(unit.suffix)"
          + "\(alternative), not \(text.quoted)",
        suggestion: rangeRemedy(text, of: keyword, unit: unit))
      return nil
    }
    return number
  }

  /// Reads the name of an interface, which need not exist, or a pattern of names with `*` and `?`.
  ///
  /// `isRequired` is of one that a condition is about.
  mutating func interfaceName(
    _ word: Word, orPattern: Bool = false, isRequired: Bool = false
  ) -> String? {
    guard let text = plainText(word) else { return nil }
    guard let (message, remedy) = objection(toInterfaceName: text, orPattern: orPattern) else {
      refer(to: isRequired ? .requiredInterface(text) : .interface(text), at: word)
      return text
    }
    diagnostics.report(
      .error, .invalidInterfaceName, at: word.range.lowerBound, "\(text.quoted) \(message)",
      suggestion: remedy)
    return nil
  }

  /// Why a text is no interface's name, and what to do about it.
  private func objection(
    toInterfaceName text: String, orPattern: Bool
  ) -> (message: String, remedy: String)? {
    if let remedy = interfaceNameRemedy(text) { return ("is not the name of an interface", remedy) }
    let count = text.utf8.count
    if count > TextBounds.interfaceNameOctets {
      let limit = "and an interface name at most \(TextBounds.interfaceNameOctets)"
      return ("has \(count) bytes, \(limit)", "see the names with 'ip link'")
    }
    let isSpelt = text.utf8.allSatisfy {
      $0.isInterfaceNameOctet || orPattern && "*?".utf8.contains($0)
    }
    if count > 0, text != ".", text != "..", isSpelt { return nil }
    let remedy =
      text.utf8.contains { "*?".utf8.contains($0) }
      ? "write one name: '*' and '?' stand for others in 'iface' only"
      : "see the names with 'ip link'"
    return ("cannot be the name of an interface", remedy)
  }

  /// Reads a text of one line, in quotes where it is more than a word.
  mutating func lineOfText(_ word: Word, of keyword: Keyword) -> String? {
    guard let text = plainText(word) else { return nil }
    let isUTF8 = String(validating: source.octets[word.range], as: UTF8.self) != nil
    guard isUTF8, text.unicodeScalars.allSatisfy({ $0.isShown }) else {
      diagnostics.report(
        .error, .invalidText, at: word.range.lowerBound,
        "'\(keyword.name)' is a text of printable characters in UTF-8",
        suggestion: "remove what is not")
      return nil
    }
    guard text.utf8.count <= TextBounds.textOctets else {
      diagnostics.report(
        .error, .invalidText, at: word.range.lowerBound,
        "'\(keyword.name)' has at most \(TextBounds.textOctets) bytes, and this has "
          + "\(text.utf8.count)",
        suggestion: "shorten it; a comment may be as long as you like")
      return nil
    }
    return text
  }

  /// The text of a word, unless it was reported already or hides a comment.
  mutating func plainText(_ word: Word) -> String? {
    if word.isDamaged { return nil }
    let text = source.text(word.range)
    guard !word.isQuoted, let offset = commentOffset(in: text) else { return text }
    reportCommentInValue(at: word.range.lowerBound + offset)
    return nil
  }

  /// Says that a comment needs a blank before it.
  mutating func reportCommentInValue(at offset: Int) {
    diagnostics.report(
      .error, .commentInValue, at: offset, "within a word nothing begins a comment",
      suggestion: "put a blank before the comment")
  }

  /// Where `#`, `//` or `/*` stands in a word that does not begin with it.
  private func commentOffset(in text: String) -> Int? {
    var previous: UInt8 = 0
    for (offset, octet) in text.utf8.enumerated() {
      if octet == UInt8(ascii: "#") { return offset }
      if previous == UInt8(ascii: "/"), octet == previous || octet == UInt8(ascii: "*") {
        return offset - 1
      }
      previous = octet
    }
    return nil
  }
}

extension Lowering {
  /// Reads `address/length`, or an address alone as a rule for just that one.
  mutating func prefix(_ word: Word) -> IPv6Prefix? {
    guard let text = plainText(word) else { return nil }
    let slash = text.firstIndex(of: "/")
    let addressText = text[..<(slash ?? text.endIndex)]
    guard let address = IPv6Address(addressText) else {
      diagnostics.report(
        .error, .invalidAddress, at: word.range.lowerBound,
        "\(String(addressText).quoted) is not an IPv6 address",
        suggestion: addressCorrection(String(addressText)))
      return nil
    }
    guard let slash else { return IPv6Prefix(address, length: 128) }
    let lengthText = text[text.index(after: slash)...]
    guard let length = IPv6Prefix.parseLength(lengthText) else {
      let offset = addressText.utf8.count + (lengthText.isEmpty ? 0 : 1)
      reportPrefixLength(String(lengthText), at: word.range.lowerBound + offset)
      return nil
    }
    let prefix = IPv6Prefix(address, length: length)
    if prefix.address != address { reportHostBits(of: address, in: prefix, word) }
    return prefix
  }

  /// Warns that an address of a network stands where the network's own is expected.
  private mutating func reportHostBits(
    of address: IPv6Address, in prefix: IPv6Prefix, _ word: Word
  ) {
    diagnostics.report(
      .warning, .hostBits, at: word.range.lowerBound,
      "\(address)/\(prefix.length) stands for the prefix \(prefix), which is "
        + "\(prefix.size) addresses",
      suggestion: "write '\(prefix)', or '\(address)/128' if this one address is meant")
  }

  private mutating func reportPrefixLength(_ text: String, at offset: Int) {
    let stands = text.isEmpty ? "nothing stands behind the slash" : "not \(text.quoted)"
    diagnostics.report(
      .error, .invalidPrefixLength, at: offset,
      "a prefix length is 0 to 128 in plain digits, \(text.isEmpty ? "and " : "")\(stands)",
      suggestion: "write '/64', or nothing for a single address")
  }
}

extension IPv6Prefix {
  /// How many addresses it has, as a person reads it: `256`, `2^48`.
  fileprivate var size: String {
    length < 112 ? "2^\(128 - length)" : "\(1 << (128 - length))"
  }
}

/// What to write for a number out of range; ndppd takes negative repetitions for none.
private func rangeRemedy(_ text: String, of keyword: Keyword, unit: Unit) -> String {
  if unit == .times, text.hasPrefix("-") { return "write '0'" }
  return keyword.defaultText.map { "write '\($0)', the default" } ?? "remove it"
}

/// The milliseconds to write for a text such as `10s`.
private func durationRemedy(_ text: String) -> String? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  let factors = ["ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000]
  guard digits.utf8.count <= 6, let number = Int(digits) else { return nil }
  return factors[text.dropFirst(digits.count).lowercased()].map { "write '\(number * $0)'" }
}

/// What to do about a name with its peer, as `ip link` shows it, several names, or a variable.
private func interfaceNameRemedy(_ text: String) -> String? {
  if text.utf8.first == UInt8(ascii: "$") { return "write the name itself: there are no variables" }
  if text.utf8.contains(UInt8(ascii: ",")) { return "write one block per interface" }
  guard let at = text.firstIndex(of: "@"), at > text.startIndex else { return nil }
  return "write \(String(text[..<at]).quoted)"
}

private func addressCorrection(_ text: String) -> String {
  if text.contains(",") { return "write two rules" }
  if let percent = text.firstIndex(of: "%") {
    return "remove the zone \(String(text[percent...]).quoted)"
  }
  if !text.contains(":"), text.contains(".") { return "IPv4 is not proxied here" }
  if !text.contains(":") { return "a rule takes a prefix; to solicit on an interface, use 'iface'" }
  return "write it like '2001:db8:1:0:ff::/80'"
}

extension UInt8 {
  fileprivate var isDecimalDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  /// What the kernel allows in a name, less what means something in this language or to a shell.
  fileprivate var isInterfaceNameOctet: Bool {
    isPrintable && self != 0x20 && !"/:{}\"'#;=\\*?@,".utf8.contains(self)
  }
}

extension Unicode.Scalar {
  /// Whether it takes its place in a line: no control, no change of direction, no other line.
  fileprivate var isShown: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }
}
