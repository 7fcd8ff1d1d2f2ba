extension Row {
  /// Every row there is, in the order in which it is printed.
  package static let all = validity
}
