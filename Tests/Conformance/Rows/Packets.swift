import NDPWire

// A: what surrounds the message.

extension Row {
  static let extensionHeaders: [Row] = [
    Row(
      "A17", "a packet of another IP version is dropped", "RFC 8200 §3", .must,
      .silence(
        { $0.firstWord = 0 }, { $0.firstWord = 0x4000_0000 }, { $0.firstWord = 0x5000_0000 },
        { $0.firstWord = 0xf000_0000 })),
    Row(
      "A18", "traffic class and flow label are ignored, and sent as 0", "RFC 8200 §6, §7", .should,
      kernel: .agrees, .answers({ $0.firstWord = 0x6e0a_bcde })),
    Row(
      "A19", "a packet whose next header is not ICMPv6 is dropped", "RFC 4443 §1", .must,
      .silence(
        { $0.nextHeader = 6 }, { $0.nextHeader = 17 }, { $0.nextHeader = 59 },
        { $0.nextHeader = 0 })),
    Row(
      "A20", "an atomic fragment is silently ignored", "RFC 6980 §5", .must,
      kernel: .agrees, .silence({ $0.put(44, [58, 0, 0, 0, 0, 0, 0, 1]) })),
    Row(
      "A21", "first and later fragments are silently ignored", "RFC 6980 §5", .must,
      .silence(
        { $0.put(44, [58, 0, 0, 1, 0, 0, 0, 1]) }, { $0.put(44, [58, 0, 0, 8, 0, 0, 0, 1]) })),
    Row(
      "A22", "hop-by-hop options before the message are processed", "RFC 8200 §4.1", .should,
      deviation:
        "such packets are dropped: legitimate hosts do not send them, and the filter stays simple",
      kernel: .differs("it processes extension headers"),
      .silence(
        { $0.put(0, [58, 0, 1, 4, 0, 0, 0, 0]) }, { $0.put(0, [58, 0, 5, 2, 0, 0, 1, 0]) })),
    Row(
      "A23", "destination options before the message are processed", "RFC 8200 §4.1", .should,
      deviation: "such packets are dropped, as in A22",
      kernel: .differs("it processes extension headers"),
      .silence({ $0.put(60, [58, 0, 1, 4, 0, 0, 0, 0]) })),
    Row(
      "A24", "a routing header of type 0, 2 or 4 drops the packet", "RFC 5095 §3, RFC 8200 §4.4",
      .must,
      .silence(
        { $0.put(43, [58, 0, 0, 0, 0, 0, 0, 0]) },
        { $0.put(43, [58, 2, 2, 0, 0, 0, 0, 0] + $0.target.octets) },
        { $0.put(43, [58, 2, 4, 0, 0, 0, 0, 0] + $0.target.octets) })),
    Row(
      "A25", "a packet with a jumbo payload option is dropped", "RFC 2675 §2", .robustness,
      .silence({
        $0.put(0, [58, 0, 0xc2, 4, 0, 0, 0, 40])
        $0.payloadLength = 0
      })),
  ]

  static let robustness: [Row] = [
    Row(
      "A10", "a packet whose payload length exceeds the frame is dropped", "RFC 8200 §3",
      .robustness,
      kernel: .agrees, .silence({ $0.payloadLength = 100 })),
    Row(
      "A11", "padding after the packet is ignored", "RFC 2464 §2, RFC 8200 §3", .must,
      kernel: .agrees, .answers({ $0.padding = zeros(100) })),
    Row(
      "A12", "bytes after the packet are not parsed as options", "RFC 4861 §7.1.1", .must,
      .answers({ $0.padding = [14, 0] + zeros(6) })),
    Row(
      "A26", "a truncated frame is dropped, and not read beyond its end", "RFC 8200 §3",
      .robustness,
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
      "A27", "a frame that exceeds the receive buffer is dropped", "packet(7), MSG_TRUNC",
      .robustness,
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
