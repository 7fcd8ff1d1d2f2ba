import LinuxNet
import PlainText

/// Standard output, written line by line so that each step is seen as it happens.
struct Screen {
  /// Whether to set things off by colour; nothing is said by colour alone.
  let hasColor: Bool

  init(hasColor: Bool = StandardStream.output.wantsColor) {
    self.hasColor = hasColor
  }

  /// A sentence that says what comes next.
  func step(_ number: Int, _ text: String) {
    write("\n" + styled("\(number). \(text)", .bold))
  }

  func prose(_ text: String) {
    write(text)
  }

  /// A command as it would be typed on a node.
  func command(_ node: String, _ text: String) {
    write("   " + styled("\(node)$ ", .dim) + text.printable)
  }

  /// Real output, a line at a time.
  func output(_ lines: [String]) {
    for line in lines { write("   " + line.printable) }
  }

  /// Lines as they are, but for what could command a terminal.
  func lines(_ lines: [String]) {
    for line in lines { write(line.printable) }
  }

  /// The line that says most.
  func headline(_ text: String, isGood: Bool) {
    write(styled(text.printable, isGood ? .green : .yellow))
  }

  func success(_ text: String) {
    write("\n" + styled(text, .green))
  }

  private enum Style: String {
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
  }

  private func styled(_ text: String, _ style: Style) -> String {
    hasColor ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
  }

  /// Whoever closes standard output has seen enough; SIGPIPE ends us, and the lab with us.
  private func write(_ line: String) {
    StandardStream.output.write(colored: line + "\n")
  }
}
