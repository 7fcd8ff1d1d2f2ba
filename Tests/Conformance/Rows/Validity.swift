extension Row {
  /// A: what makes a solicitation valid.
  static let validity = [
    Row(
      "A01", "a valid multicast solicitation is answered", "RFC 4861 §7.2.3, §7.2.8", .must,
      kernel: .agrees, .answers({ _ in })),
    Row(
      "A02", "the hop limit must be 255", "RFC 4861 §7.1.1", .must, kernel: .agrees,
      .silence({ $0.hopLimit = 254 })),
  ]
}
