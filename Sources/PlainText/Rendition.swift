/// How a piece of text is set off on a terminal: parameters of SGR (ECMA-48 §8.3.117).
package enum Rendition: String, Sendable {
  case bold = "1"
  case dim = "2"
  /// All is well.
  case good = "32"
  /// Something needs attention.
  case attention = "33"
  /// An error or a failure.
  case error = "1;31"
  case warning = "35"
  case note = "36"
}

extension String {
  /// The text between the control sequences of a rendition, or as it is where no colour is wanted.
  package func rendered(_ rendition: Rendition, if isColored: Bool) -> String {
    isColored ? "\u{1b}[\(rendition.rawValue)m\(self)\u{1b}[0m" : self
  }
}
