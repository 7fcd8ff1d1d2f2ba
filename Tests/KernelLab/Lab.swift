/// Something that is tried on this kernel.
struct Lab: Sendable {
  /// What it belongs to, such as a layout; labs of a suite follow each other.
  let suite: String
  /// What is tried, in a few words.
  let name: String
  /// Throws what is wrong, or `NotRun`.
  let body: @Sendable () async throws -> Void

  init(_ suite: String, _ name: String, _ body: @escaping @Sendable () async throws -> Void) {
    (self.suite, self.name, self.body) = (suite, name, body)
  }

  /// How it is called in what is printed.
  var title: String { "\(suite): \(name)" }
}
