/// One `key value { … }` as it stands in the file; value and block may be missing.
struct Entry: Sendable {
  /// What it is about; known or not.
  let key: Word

  /// The word after the key.
  let value: Word?

  /// What stands between the braces.
  let block: Block?

  /// A pair of braces and what is in it.
  struct Block: Sendable {
    /// Where `{` stands.
    let openBrace: Int

    /// In the order of the file.
    let entries: [Entry]
  }
}
