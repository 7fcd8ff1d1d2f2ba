import LinuxNet
import LinuxSurvey

/// How wide output may be.
package enum Page {
  /// How wide running text is, and what is shown where a terminal does not say its width.
  package static let defaultWidth = 80

  /// How wide tables may be: as wide as the terminal; `nil` where output goes to a file or a pipe,
  /// which has no width.
  package static var width: Int? {
    StandardStream.outputIsTerminal ? Terminal.size.columns : nil
  }
}
