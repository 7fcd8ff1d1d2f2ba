/// The octets of one file, and where its lines begin.
///
/// Any octets will do: nothing is decoded.
package struct SourceText: Sendable {
  /// What diagnostics call the file.
  package let fileName: String

  /// The whole file.
  let octets: [UInt8]

  /// The offset of each line's first octet; four octets a line, since a file is at most 16 MiB.
  private let lineStarts: [UInt32]

  /// Finds the lines: one pass over the octets.
  ///
  /// Precondition: at most `UInt32.max` octets.
  package init(_ octets: [UInt8], fileName: String) {
    self.fileName = fileName
    self.octets = octets
    var starts: [UInt32] = [0]
    for (offset, octet) in octets.enumerated() where octet == UInt8(ascii: "\n") {
      starts.append(UInt32(offset + 1))
    }
    lineStarts = starts
  }

  /// The position of an octet, by one binary search.
  ///
  /// An offset may lie behind the last octet of the file.
  func location(of offset: Int) -> SourceLocation {
    let line = lineIndex(of: offset)
    return SourceLocation(
      file: fileName, line: line + 1, column: offset - Int(lineStarts[line]) + 1)
  }

  /// Where a line's octets are, without its line end.
  ///
  /// Precondition: the line exists, counted from 1.
  func range(ofLine line: Int) -> Range<Int> {
    let start = Int(lineStarts[line - 1])
    var end = line < lineStarts.count ? Int(lineStarts[line]) - 1 : octets.count
    if end > start, octets[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// The text of a range; octets that are not UTF-8 become replacement characters.
  func text(_ range: Range<Int>) -> String {
    String(decoding: octets[range], as: UTF8.self)
  }

  /// The last line that starts at or before `offset`, counted from 0.
  private func lineIndex(of offset: Int) -> Int {
    var candidates = 0..<lineStarts.count
    while candidates.count > 1 {
      let middle = candidates.lowerBound + candidates.count / 2
      candidates =
        Int(lineStarts[middle]) <= offset
        ? middle..<candidates.upperBound : candidates.lowerBound..<middle
    }
    return candidates.lowerBound
  }
}

/// A place in a file, as editors and compilers write it.
package struct SourceLocation: Equatable, Sendable {
  /// The file as the user named it.
  package let file: String

  /// From 1.
  package let line: Int

  /// From 1, in octets; a tab is one.
  package let column: Int

  /// Makes a location.
  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}
