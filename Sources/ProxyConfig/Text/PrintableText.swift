import PlainText

extension String {
  /// The text as a message repeats it: in quotes, escaped, cut to `TextBounds.quotedOctets`.
  var quoted: String {
    let shown = utf8.prefix(TextBounds.quotedOctets).map { $0.printable }.joined()
    return "'\(shown)\(utf8.count > TextBounds.quotedOctets ? "..." : "")'"
  }
}
