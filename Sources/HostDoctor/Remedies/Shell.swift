/// What people paste into a shell, written so that it means exactly what we would do ourselves.
enum Shell {
  /// One word of a POSIX shell (XCU §2.2) that gives back these octets, whatever they are.
  ///
  /// Printable ASCII alone, so that neither a terminal, nor the shell's locale, nor its history
  /// sees anything in it: plain words as they are, others in single quotes, and what is no
  /// printable ASCII through printf(1). `nil` for a zero, which no argument can hold, and for a
  /// line feed at the end, which command substitution removes.
  static func word(_ octets: some BidirectionalCollection<UInt8>) -> String? {
    if octets.contains(0) || octets.last == UInt8(ascii: "\n") { return nil }
    if octets.allSatisfy(isPlain), !octets.isEmpty {
      return String(decoding: octets, as: UTF8.self)
    }
    guard octets.allSatisfy({ 0x20...0x7e ~= $0 }) else {
      return "\"$(printf '\(octets.enumerated().map(formatted).joined())')\""
    }
    let quoted = octets.map { $0 == UInt8(ascii: "'") ? "'\\''" : String(Unicode.Scalar($0)) }
    return "'\(quoted.joined())'"
  }

  /// The words of a command or of a redirection; `nil` where one of them cannot be written.
  ///
  /// U+FFFD stands for octets that are no UTF-8 and were lost when they were read: such a name is
  /// nobody's.
  static func words(_ texts: [String]) -> String? {
    var words: [String] = []
    for text in texts {
      guard !text.unicodeScalars.contains("\u{fffd}"), let word = word(text.utf8) else {
        return nil
      }
      words.append(word)
    }
    return words.joined(separator: " ")
  }

  /// Octets that mean nothing to a shell, wherever they stand in an argument.
  private static func isPlain(_ octet: UInt8) -> Bool {
    octet.isAlphanumeric || "/._-:=%,+@".utf8.contains(octet)
  }

  /// An octet in the format of printf(1), in which a sign at the beginning would be an option.
  private static func formatted(_ offset: Int, _ octet: UInt8) -> String {
    let isSafe = octet.isAlphanumeric || "/._:=,@".utf8.contains(octet)
    if isSafe || octet == UInt8(ascii: "-") && offset > 0 { return String(Unicode.Scalar(octet)) }
    let digits = String(octet, radix: 8)
    return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
  }
}

extension UInt8 {
  /// A letter or digit of ASCII.
  fileprivate var isAlphanumeric: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

extension String {
  /// Whether it is a name in every language that commands are written in besides the shell's:
  /// nft(8)'s, sysctl.d(5)'s, interfaces(5)'s, sed(1)'s replacements and our configuration's.
  ///
  /// ASCII letters, digits, `_`, `.` and `-`, not `.` or `-` first. The kernel lets interfaces have
  /// any octet but `/`, `:` and blanks (dev_valid_name in net/core/dev.c).
  var isPlainName: Bool {
    guard let first = utf8.first, first.isAlphanumeric || first == UInt8(ascii: "_") else {
      return false
    }
    return utf8.allSatisfy { $0.isAlphanumeric || "_.-".utf8.contains($0) }
  }
}
