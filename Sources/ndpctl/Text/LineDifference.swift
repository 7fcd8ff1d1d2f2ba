/// How one text differs from another, line by line.
///
/// Lines that stand once in both are matched first (patience diff), so that a long list of rules in
/// which one is other costs time in proportion to its length; only what is between them is compared
/// line by line.
struct LineDifference {
  /// A line with what becomes of it.
  private enum Step {
    case same(String)
    case removed(String)
    case added(String)
  }

  private var steps: [Step] = []

  init(from old: [String], to new: [String]) {
    compare(old[...], new[...])
  }

  /// How many lines are compared each with each; of more, all are other.
  private static let comparedLines = 1000

  private mutating func compare(_ old: ArraySlice<String>, _ new: ArraySlice<String>) {
    var (old, new) = (old, new)
    while let line = old.first, line == new.first {
      steps.append(.same(line))
      old = old.dropFirst()
      new = new.dropFirst()
    }
    var end: [String] = []
    while let line = old.last, line == new.last {
      end.append(line)
      old = old.dropLast()
      new = new.dropLast()
    }
    let anchors = old.isEmpty || new.isEmpty ? [] : Self.anchors(old, new)
    if anchors.isEmpty {
      compareEach(old, new)
    } else {
      var (oldStart, newStart) = (old.startIndex, new.startIndex)
      for (oldPlace, newPlace) in anchors {
        compare(old[oldStart..<oldPlace], new[newStart..<newPlace])
        steps.append(.same(old[oldPlace]))
        (oldStart, newStart) = (oldPlace + 1, newPlace + 1)
      }
      compare(old[oldStart...], new[newStart...])
    }
    steps += end.reversed().map { .same($0) }
  }

  /// The longest run of lines, in order in both, that stand once in each.
  private static func anchors(
    _ old: ArraySlice<String>, _ new: ArraySlice<String>
  ) -> [(old: Int, new: Int)] {
    let newPlaces = uniquePlaces(new)
    let pairs = uniquePlaces(old).compactMap { line, place in
      newPlaces[line].map { (old: place, new: $0) }
    }.sorted { $0.old < $1.old }
    // Patience sorting: the tops of the piles, each with the pair before it.
    var tops: [Int] = []
    var before = [Int?](repeating: nil, count: pairs.count)
    for (number, pair) in pairs.enumerated() {
      var (low, high) = (0, tops.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[tops[middle]].new < pair.new { low = middle + 1 } else { high = middle }
      }
      before[number] = low > 0 ? tops[low - 1] : nil
      if low == tops.count { tops.append(number) } else { tops[low] = number }
    }
    var chain: [(old: Int, new: Int)] = []
    var next = tops.last
    while let number = next {
      chain.append(pairs[number])
      next = before[number]
    }
    return chain.reversed()
  }

  /// Where each line is that stands there once.
  private static func uniquePlaces(_ lines: ArraySlice<String>) -> [String: Int] {
    var places: [String: Int?] = [:]
    for (place, line) in zip(lines.indices, lines) {
      places[line] = .some(places[line] == nil ? place : nil)
    }
    return places.compactMapValues(\.self)
  }

  private mutating func compareEach(_ old: ArraySlice<String>, _ new: ArraySlice<String>) {
    guard old.count <= Self.comparedLines, new.count <= Self.comparedLines else {
      steps += old.map { .removed($0) } + new.map { .added($0) }
      return
    }
    let difference = Array(new).difference(from: Array(old))
    let removed = Set(difference.removals.compactMap(\.offset))
    let added = Set(difference.insertions.compactMap(\.offset))
    var (place, newPlace) = (0, 0)
    while place < old.count || newPlace < new.count {
      if place < old.count, removed.contains(place) {
        steps.append(.removed(old[old.startIndex + place]))
        place += 1
      } else if newPlace < new.count, added.contains(newPlace) {
        steps.append(.added(new[new.startIndex + newPlace]))
        newPlace += 1
      } else {
        steps.append(.same(old[old.startIndex + place]))
        place += 1
        newPlace += 1
      }
    }
  }

  /// How many lines are shown around what differs.
  private static let context = 3

  /// The lines of a unified diff without its header, as patch(1) takes it; empty where nothing
  /// differs.
  var unified: [String] {
    let changed = steps.indices.filter { if case .same = steps[$0] { false } else { true } }
    var ranges: [Range<Int>] = []
    for place in changed {
      let range =
        max(0, place - Self.context)..<min(steps.count, place + Self.context + 1)
      if let last = ranges.last, last.upperBound >= range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }
    var lines: [String] = []
    var (place, oldLine, newLine) = (0, 1, 1)
    for range in ranges {
      while place < range.lowerBound {
        // Between hunks there is nothing but lines of both.
        (place, oldLine, newLine) = (place + 1, oldLine + 1, newLine + 1)
      }
      let (oldStart, newStart) = (oldLine, newLine)
      var body: [String] = []
      while place < range.upperBound {
        switch steps[place] {
        case .same(let line):
          body.append(" " + line)
          (oldLine, newLine) = (oldLine + 1, newLine + 1)
        case .removed(let line):
          body.append("-" + line)
          oldLine += 1
        case .added(let line):
          body.append("+" + line)
          newLine += 1
        }
        place += 1
      }
      let (oldCount, newCount) = (oldLine - oldStart, newLine - newStart)
      let (oldPlace, newPlace) = (
        oldCount == 0 ? oldStart - 1 : oldStart, newCount == 0 ? newStart - 1 : newStart
      )
      lines.append("@@ -\(oldPlace),\(oldCount) +\(newPlace),\(newCount) @@")
      lines += body
    }
    return lines
  }
}

extension CollectionDifference.Change {
  fileprivate var offset: Int? {
    switch self {
    case .insert(let offset, _, _), .remove(let offset, _, _): offset
    }
  }
}
