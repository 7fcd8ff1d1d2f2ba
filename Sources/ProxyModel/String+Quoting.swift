extension String {
  /// As it is written in the file: in quotes where it is more than a plain word.
  package var quotedIfNeeded: String {
    let octets = utf8
    let isPlain =
      !isEmpty
      && octets.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"#;{}'\"\\=".utf8.contains($0) }
      && !zip(octets, octets.dropFirst()).contains {
        $0 == UInt8(ascii: "/") && ($1 == UInt8(ascii: "/") || $1 == UInt8(ascii: "*"))
      }
    guard !isPlain else { return self }
    return octets.contains(UInt8(ascii: "\"")) ? "'\(self)'" : "\"\(self)\""
  }
}
