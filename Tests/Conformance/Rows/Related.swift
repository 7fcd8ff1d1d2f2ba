import NDPWire

extension Row {
  /// N: other RFCs, mostly not to be broken.
  static let related: [Row] = [
    Row(
      "N01", "options of SEND are ignored and never copied", "RFC 3971 §8, RFC 6496 §5.2", .must,
      .answers({ question in
        for type in [11, 12, 13, 14, 32] as [UInt8] {
          question.options += [type, 2] + [UInt8](repeating: 0x5a, count: 14)
        }
      })),
    Row(
      "N02", "no Override flag, so that secured entries stay", "RFC 6496 §5.2.2", .must,
      .answers({ _ in })),
    Row(
      "N03", "options of 6lo are ignored: this is no 6BBR", "RFC 8505 §4.1, RFC 8929", .must,
      .answers({ $0.options += [33, 2] + [UInt8](repeating: 1, count: 14) })),
    Row(
      "N04", "not like an EVPN proxy: our own source, unicast is answered", "RFC 9161 §3.2",
      .fact, .answers({ _ in }, { $0.goByUnicast() })),
    Row(
      "N05", "DAD proxies for split access", "RFC 6957", .fact,
      .notRun("another kind of proxy; what concerns us is tried by G06, G07 and G15")),
    Row(
      "N06", "patience in asking again", "RFC 7048", .may,
      .notRun("our renewals do not back off: there are three")),
    Row(
      "N07", "trouble with Neighbor Discovery, and its remedies", "RFC 9898", .fact,
      .notRun("documentation: a routed prefix is better than any proxy")),
    Row(
      "N08", "threats to Neighbor Discovery", "RFC 3756 §4", .fact,
      .notRun("documentation: the threats are tried by the rows of A, B, H, J and M")),
    Row(
      "N09", "a /127 has no anycast address, and reserved identifiers are plain", "RFC 6164 §5",
      .must,
      .script(
        Setup(
          "narrow",
          """
          proxy up0 {
            rule 2001:db8:7:1::10/127 {
              static
            }
            rule 2001:db8:7:2::/64 {
              static
            }
          }
          """)
      ) { trial in
        for target in [
          "2001:db8:7:1::10", "2001:db8:7:1::11", "2001:db8:7:2:fdff:ffff:ffff:ff80",
          "2001:db8:7:2:fdff:ffff:ffff:ffff",
        ] {
          try await trial.expectAnswer(
            to: Stimulus(from: trial.station(), for: IPv6Address(target)!))
        }
      }),
  ]
}
