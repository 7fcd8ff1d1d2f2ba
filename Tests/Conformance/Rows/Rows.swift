extension Row {
  /// Every row there is, in the order in which it is printed.
  package static let all: [Row] = groups.joined().sorted { $0.id < $1.id }

  private static let groups: [[Row]] = [
    validity, options, targets, advertisements, reachability, duplicateDetection,
    laterGroups,
  ]
}
