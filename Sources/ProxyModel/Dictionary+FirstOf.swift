extension Dictionary {
  /// Makes a dictionary of pairs; of equal keys the first counts.
  ///
  /// `Dictionary(_:uniquingKeysWith:)` casts, and Embedded Swift has no dynamic casts.
  public init(firstOf pairs: some Sequence<(Key, Value)>) {
    self.init()
    for (key, value) in pairs where self[key] == nil { self[key] = value }
  }
}
