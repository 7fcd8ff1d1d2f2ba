import NDPWire

extension Row {
  /// N: other RFCs, mostly not to be broken.
  static let related: [Row] = [
    Row(
      "N01", "SEND options are ignored and never copied", "RFC 3971 §8, RFC 6496 §5.2", .must,
      .answers({ question in
        for type in [11, 12, 13, 14, 32] as [UInt8] {
          question.options += [type, 2] + [UInt8](repeating: 0x5a, count: 14)
        }
      })),
    Row(
      "N02", "the Override flag is 0, so that secured entries stay", "RFC 6496 §5.2.2", .must,
      .answers({ _ in })),
    Row(
      "N03", "6LoWPAN options are ignored: ndpproxy is not a 6BBR", "RFC 8505 §4.1, RFC 8929",
      .must,
      .answers({ $0.options += [33, 2] + [UInt8](repeating: 1, count: 14) })),
    Row(
      "N04", "unlike an EVPN proxy, it uses its own source and answers unicast", "RFC 9161 §3.2",
      .fact, .answers({ _ in }, { $0.goByUnicast() })),
    Row(
      "N05", "DAD proxies for split-horizon access networks", "RFC 6957", .fact,
      .notRun("another kind of proxy; rows G06, G07 and G15 cover what applies to ndpproxy")),
    Row(
      "N06", "probes are repeated with increasing delay", "RFC 7048", .may,
      .notRun("the delay between the probes of ndpproxy is constant")),
    Row(
      "N07", "problems of Neighbor Discovery and their remedies", "RFC 9898", .fact,
      .notRun("background; a routed prefix is better than any proxy")),
    Row(
      "N08", "threats to Neighbor Discovery", "RFC 3756 §4", .fact,
      .notRun("background; the rows of groups A, B, H, J and M cover the threats")),
    Row(
      "N09", "a /127 has no anycast address; reserved identifiers are ordinary", "RFC 6164 §5",
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
