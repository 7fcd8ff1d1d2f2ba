import LinuxNet
import PlainText

/// Standard output, written line by line so that each step is seen as it happens.
package struct Screen {
  /// Whether to set things off by colour; nothing is said by colour alone.
  package let hasColor: Bool

  /// Goes by what standard output is, unless told.
  package init(hasColor: Bool = StandardStream.output.wantsColor) {
    self.hasColor = hasColor
  }

  /// A sentence that says what comes next.
  package func step(_ number: Int, _ text: String) {
    write("\n" + "\(number). \(text)".rendered(.bold, if: hasColor))
  }

  /// Text as it is, with line feeds.
  package func prose(_ text: String) {
    write(text)
  }

  /// A command as it would be typed on a node.
  package func command(_ node: String, _ text: String) {
    write("   " + "\(node)$ ".rendered(.dim, if: hasColor) + text.printable)
  }

  /// Real output, a line at a time.
  package func output(_ lines: [String]) {
    for line in lines { write("   " + line.printable) }
  }

  /// Lines as they are, but for what could command a terminal; written at once.
  package func lines(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    write(lines.map(\.printable).joined(separator: "\n"))
  }

  /// A table whose cells stand between tabs.
  package func tabSeparated(_ table: Table) {
    for line in table.tabSeparatedLines { StandardStream.output.write(line + "\n") }
  }

  /// The line that says most.
  package func headline(_ text: String, isGood: Bool) {
    write(text.printable.rendered(isGood ? .good : .attention, if: hasColor))
  }

  /// The good end, with a blank line before it.
  package func success(_ text: String) {
    write("\n" + text.rendered(.good, if: hasColor))
  }

  /// Whoever closes standard output has seen enough; SIGPIPE ends us, and the lab with us.
  private func write(_ line: String) {
    StandardStream.output.write(colored: line + "\n")
  }
}
