extension Link {
  /// Every name that the interface goes by, the one that the kernel shows first.
  package var names: [String] { [name] + alternativeNames }

  /// Whether the interface goes by this name.
  package func goes(by name: String) -> Bool { names.contains(name) }
}
