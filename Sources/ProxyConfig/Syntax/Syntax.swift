/// One `key value { … }` as it stands in the file; value and block may be missing.
struct Entry: Sendable {
  /// What it is about; known or not.
  let key: Word

  /// The word after the key.
  let value: Word?

  /// The words behind it, up to the end of the line, of a key that takes several.
  var more: [Word] = []

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
