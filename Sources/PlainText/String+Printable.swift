/// What of a text is structure that this program made, and is left as it is.
package struct TextStructure: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Line feeds and tabs.
  package static let lines = TextStructure(rawValue: 1)
  /// Colours: SGR, `ESC [ … m` (ECMA-48 §8.3.117).
  package static let colors = TextStructure(rawValue: 2)
}

extension String {
  /// The text in one line that shows what is in it: for names, and for whatever others have made.
  ///
  /// Every octet of a character that is not printable becomes `\xNN`. So does a combining mark at
  /// the beginning, which would join the character in front of the text. Costs a look at each octet
  /// where nothing has to be changed.
  package var printable: String { printable(keeping: []) }

  /// The same for a whole page, whose structure stays.
  ///
  /// Names in it have to be made printable before: of structure nobody can tell who made it.
  package func printable(keeping structure: TextStructure) -> String {
    if utf8.allSatisfy({ 0x20...0x7e ~= $0 || $0 == 0x0a && structure.contains(.lines) }) {
      return self
    }
    var shown = ""
    var rest = unicodeScalars[...]
    var isBeginning = true
    while let scalar = rest.first {
      let kept = rest.prefix(rest.structureLength(structure))
      if !kept.isEmpty {
        shown.unicodeScalars.append(contentsOf: kept)
        rest = rest.dropFirst(kept.count)
        isBeginning = true
        continue
      }
      rest = rest.dropFirst()
      if !scalar.isPrintable || isBeginning && scalar.joins {
        shown += scalar.escaped
        isBeginning = true
      } else {
        shown.unicodeScalars.append(scalar)
        isBeginning = false
      }
    }
    return shown
  }
}

extension Substring.UnicodeScalarView {
  /// How many scalars at the beginning are structure.
  fileprivate func structureLength(_ structure: TextStructure) -> Int {
    switch first {
    case "\n", "\t": structure.contains(.lines) ? 1 : 0
    case "\u{1b}": structure.contains(.colors) ? renditionLength : 0
    default: 0
    }
  }

  /// The length of an `ESC [ … m`; 0 where there is something else.
  private var renditionLength: Int {
    let start = dropFirst()
    guard start.first == "[" else { return 0 }
    let digits = start.dropFirst().prefix { ("0"..."9").contains($0) || $0 == ";" }
    return start.dropFirst(1 + digits.count).first == "m" ? digits.count + 3 : 0
  }
}
