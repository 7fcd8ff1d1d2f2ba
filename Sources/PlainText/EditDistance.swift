/// Insertions, deletions, replacements and swaps of neighbors that make one text the other.
///
/// Optimal string alignment; costs the product of the lengths.
package func editDistance(_ first: String, _ second: String) -> Int {
  let first = Array(first.utf8)
  let second = Array(second.utf8)
  var beforeLast: [Int] = []
  var last = Array(0...second.count)
  for (row, octet) in first.enumerated() {
    var current = [row + 1]
    for (column, other) in second.enumerated() {
      var cost = last[column] + (octet == other ? 0 : 1)
      cost = min(cost, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, octet == second[column - 1], first[row - 1] == other {
        cost = min(cost, beforeLast[column - 1] + 1)
      }
      current.append(cost)
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
