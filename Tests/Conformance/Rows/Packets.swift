import NDPWire

// A: what surrounds the message.

extension Row {
  static let extensionHeaders: [Row] = [
    Row(
      "A17", "only IP version 6", "RFC 8200 §3", .must,
      .silence(
        { $0.firstWord = 0 }, { $0.firstWord = 0x4000_0000 }, { $0.firstWord = 0x5000_0000 },
        { $0.firstWord = 0xf000_0000 })),
    Row(
      "A18", "traffic class and flow label do not matter, ours are 0", "RFC 8200 §6, §7", .should,
      kernel: .agrees, .answers({ $0.firstWord = 0x6e0a_bcde })),
    Row(
      "A19", "only next header 58", "RFC 4443 §1", .must,
      .silence(
        { $0.nextHeader = 6 }, { $0.nextHeader = 17 }, { $0.nextHeader = 59 },
        { $0.nextHeader = 0 })),
    Row(
      "A20", "a fragment header is silently ignored, an atomic one too", "RFC 6980 §5", .must,
      kernel: .agrees, .silence({ $0.put(44, [58, 0, 0, 0, 0, 0, 0, 1]) })),
    Row(
      "A21", "so are first and later fragments", "RFC 6980 §5", .must,
      .silence(
        { $0.put(44, [58, 0, 0, 1, 0, 0, 0, 1]) }, { $0.put(44, [58, 0, 0, 8, 0, 0, 0, 1]) })),
    Row(
      "A22", "hop-by-hop options in front of the message", "RFC 8200 §4.1", .should,
      deviation: "dropped; no legitimate node sends it, and the kernel's filter stays simple",
      kernel: .differs("it walks extension headers"),
      .silence(
        { $0.put(0, [58, 0, 1, 4, 0, 0, 0, 0]) }, { $0.put(0, [58, 0, 5, 2, 0, 0, 1, 0]) })),
    Row(
      "A23", "destination options in front of the message", "RFC 8200 §4.1", .should,
      deviation: "dropped, as hop-by-hop options are",
      kernel: .differs("it walks extension headers"),
      .silence({ $0.put(60, [58, 0, 1, 4, 0, 0, 0, 0]) })),
    Row(
      "A24", "a routing header is ignored: types 0, 2 and 4", "RFC 5095 §3, RFC 8200 §4.4", .must,
      .silence(
        { $0.put(43, [58, 0, 0, 0, 0, 0, 0, 0]) },
        { $0.put(43, [58, 2, 2, 0, 0, 0, 0, 0] + $0.target.octets) },
        { $0.put(43, [58, 2, 4, 0, 0, 0, 0, 0] + $0.target.octets) })),
    Row(
      "A25", "a jumbo payload is ignored", "RFC 2675 §2", .robustness,
      .silence({
        $0.put(0, [58, 0, 0xc2, 4, 0, 0, 0, 40])
        $0.payloadLength = 0
      })),
  ]

  static let robustness: [Row] = [
    Row(
      "A10", "a payload length beyond the frame is refused", "RFC 8200 §3", .robustness,
      kernel: .agrees, .silence({ $0.payloadLength = 100 })),
    Row(
      "A11", "padding behind the packet is ignored", "RFC 2464 §2, RFC 8200 §3", .must,
      kernel: .agrees, .answers({ $0.padding = zeros(100) })),
    Row(
      "A12", "octets behind the packet are never options", "RFC 4861 §7.1.1", .must,
      .answers({ $0.padding = [14, 0] + zeros(6) })),
    Row(
      "A26", "frames cut anywhere are dropped without over-reading", "RFC 8200 §3", .robustness,
      .script(.usual.apart("cut frames")) { trial in
        let question = Stimulus(from: trial.station(), for: trial.target())
        trial.watch(question.target)
        // A kernel sends nothing without a whole Ethernet header.
        let shortest = trial.subject.kind == .octets ? 0 : 14
        for length in shortest..<question.octets.count {
          try await trial.send(Array(question.octets.prefix(length)))
        }
        try await trial.expectSilence()
        try await trial.requireArrival()
        try await trial.send(question)
        try await trial.requireAnswers(to: [question], isControl: true)
      }),
    Row(
      "A27", "a frame longer than our buffer is dropped", "packet(7), MSG_TRUNC", .robustness,
      .silence({ $0.padding = zeros(3000) })),
  ]
}

extension Stimulus {
  /// Puts an extension header in front of the message; it names the message as its next header.
  mutating func put(_ type: UInt8, _ header: [UInt8]) {
    nextHeader = type
    extensionHeaders = header
  }
}

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
