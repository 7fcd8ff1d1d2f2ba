import PlainText

/// The octets of the files of one configuration, one file after another, and where lines begin.
///
/// An offset counts from the start of the first file, so that one number tells file, line and
/// column. Any octets will do: nothing is decoded.
struct SourceText: Sendable {
  /// The files, with a line feed between each two.
  private(set) var octets: [UInt8] = []

  /// In the order in which they were read.
  private var files: [(name: String, firstLine: Int)] = []

  /// The offset of each line's first octet, those of all files.
  ///
  /// Four octets a line, since all files together have at most 16 MiB.
  private var lineStarts: [UInt32] = []

  /// Adds a file and returns its range; one pass over its octets.
  ///
  /// Precondition: together the files have at most `UInt32.max` octets.
  mutating func append(_ contents: [UInt8], fileName: String) -> Range<Int> {
    if !files.isEmpty { octets.append(UInt8(ascii: "\n")) }
    let start = octets.count
    files.append((fileName, lineStarts.count))
    lineStarts.append(UInt32(start))
    for (offset, octet) in contents.enumerated() where octet == UInt8(ascii: "\n") {
      lineStarts.append(UInt32(start + offset + 1))
    }
    if octets.isEmpty { octets = contents } else { octets += contents }
    return start..<octets.count
  }

  /// The position of an octet, by binary search.
  ///
  /// An offset may lie behind the last octet of its file.
  func location(of offset: Int) -> SourceLocation {
    let line = lineIndex(of: offset)
    let file = files[fileIndex(ofLine: line)]
    return SourceLocation(
      file: file.name, line: line - file.firstLine + 1,
      column: offset - Int(lineStarts[line]) + 1)
  }

  /// Where another octet is, as a sentence about this one says it: `line 7`, or `line 7 of FILE`.
  func line(of offset: Int, seenFrom place: Int) -> String {
    let location = location(of: offset)
    let file = isInOneFile(offset, place) ? "" : " of \(location.file.printableASCII)"
    return "line \(location.line)\(file)"
  }

  /// Whether two octets are of the same file.
  func isInOneFile(_ offset: Int, _ other: Int) -> Bool {
    fileIndex(ofLine: lineIndex(of: offset)) == fileIndex(ofLine: lineIndex(of: other))
  }

  /// Where the line of an octet is, without its line end.
  func lineRange(around offset: Int) -> Range<Int> {
    let line = lineIndex(of: offset)
    let start = Int(lineStarts[line])
    var end = line + 1 < lineStarts.count ? Int(lineStarts[line + 1]) - 1 : octets.count
    if end > start, octets[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// The text of a range; octets that are not UTF-8 become replacement characters.
  func text(_ range: Range<Int>) -> String {
    String(decoding: octets[range], as: UTF8.self)
  }

  /// The last line that starts at or before `offset`, counted from 0 through all files.
  private func lineIndex(of offset: Int) -> Int {
    lineStarts.lastIndex(satisfying: { Int($0) <= offset })
  }

  /// The file that a line belongs to.
  private func fileIndex(ofLine line: Int) -> Int {
    files.lastIndex(satisfying: { $0.firstLine <= line })
  }
}

extension Array {
  /// The last index whose element satisfies what all before it do as well, by binary search.
  ///
  /// Precondition: the first element does.
  fileprivate func lastIndex(satisfying condition: (Element) -> Bool) -> Int {
    var candidates = indices
    while candidates.count > 1 {
      let middle = candidates.lowerBound + candidates.count / 2
      candidates =
        condition(self[middle])
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
