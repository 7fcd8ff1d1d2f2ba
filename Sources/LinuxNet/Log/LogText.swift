import PlainText

/// What makes a text one harmless line of a log.
package enum LogText {
  /// How many octets of a text a line has at the most; more is cut off.
  ///
  /// A whole line had 1,024 octets at the most once (RFC 3164 §4.1); system logs of today take
  /// 8 KiB and more.
  package static let limit = 2048

  /// What a text that was cut off ends with.
  private static let ellipsis = "…"

  /// The text on one line, cut off at `limit` octets of UTF-8; what is not printable in it is shown
  /// as octets, so that nobody forges lines or takes over the terminal of whoever reads them.
  package static func line(_ text: String) -> String {
    let text = text.printable
    if text.utf8.count <= limit { return text }
    var line = ""
    var length = 0
    for scalar in text.unicodeScalars {
      length += scalar.utf8.count
      guard length <= limit - ellipsis.utf8.count else { break }
      line.unicodeScalars.append(scalar)
    }
    return line + ellipsis
  }
}

/// Lines of a log that could not be written, until that can be said.
package struct LostLines {
  /// How many there were in all.
  package private(set) var count: UInt64 = 0
  private var untold: UInt64 = 0

  /// What the next line is to end with; empty where there is nothing to say.
  package var note: String {
    switch untold {
    case 0: ""
    case 1: " (1 line before this was lost)"
    default: " (\(untold) lines before this were lost)"
    }
  }

  /// Takes note of whether a line, with the note before at its end, was written.
  package mutating func record(isWritten: Bool) {
    if isWritten {
      untold = 0
    } else {
      count += 1
      untold += 1
    }
  }
}
