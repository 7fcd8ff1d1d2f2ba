import NDPWire
import TestSupport

extension Row {
  /// D: the advertisement, field by field, and as a whole.
  static let advertisements: [Row] =
    fields + sources + linkLayerAddresses + wholes + reloads

  private static let fields: [Row] = [
    Row(
      "D01", "the hop limit of the advertisement is 255", "RFC 4861 §4.4", .must,
      .answer { answer, _ in answer.hopLimit == 255 }),
    Row(
      "D02", "the destination is the source of the solicitation", "RFC 4861 §7.2.4", .must,
      .answer { answer, question in answer.destination == question.source }),
    Row(
      "D03", "the source is an address of the proxy interface", "RFC 4861 §4.4", .must,
      .answer { answer, _ in [Side.up.linkLocal, Side.up.global].contains(answer.source) }),
    Row(
      "D06", "the Solicited flag is set", "RFC 4861 §7.2.4", .must,
      .answer { answer, _ in answer.isSolicited }),
    Row(
      "D07", "the Override flag is 0, for multicast and unicast", "RFC 4861 §7.2.8", .must,
      .answers({ _ in }, { $0.goByUnicast() })),
    Row(
      "D08", "the Router flag is set by default", "RFC 4861 §7.2.4", .must,
      .answer { answer, _ in answer.isRouter }),
    Row(
      "D08b", "the Router flag is 0 with 'router no'", "RFC 6275 §10.4.1", .must,
      .answer(in: host) { answer, _ in !answer.isRouter }),
    Row(
      "D09", "the Router flag of a target never changes", "RFC 4861 §7.3.3", .recommended,
      routerFlags),
    Row(
      "D10", "the reserved bits are 0, even if the solicitation has them set", "RFC 4861 §4.4",
      .must,
      .answer({ $0.reserved = .max }) { answer, _ in answer.reserved == 0 }),
    Row(
      "D11", "the target field is that of the solicitation", "RFC 4861 §7.2.4", .must,
      .answer { answer, question in answer.target == question.target }),
    Row(
      "D15", "the advertisement has no other option", "RFC 4861 §4.4", .must,
      .answer({ $0.options += [14, 1, 1, 2, 3, 4, 5, 6] }) { answer, _ in
        answer.options == Stimulus.targetLinkLayerAddress(Side.up.linkLayerAddress)
      }),
    Row(
      "D16", "the checksum of the advertisement is correct", "RFC 4443 §2.3", .must,
      .answer { answer, _ in answer.hasRightChecksum }),
    Row(
      "D17", "the advertisement has no fragment or extension header", "RFC 6980 §5", .must,
      .answer { answer, _ in answer.nextHeader == 58 && answer.payloadLength == 32 }),
    Row(
      "D25", "the frame of the advertisement is exactly 86 bytes long", "RFC 4861 §4.4", .must,
      .answer { answer, _ in answer.octets.count == 86 }),
  ]

  private static let host = Setup(
    "no router", proxy: ["router no", "rule \(Setup.staticPrefix) {", "static", "}"])

  /// By static rule, by session, for an address of ours, and to all nodes.
  private static let routerFlags = Check.script(.usual) { trial in
    var duplicates = Stimulus(from: trial.station(1), for: trial.verified())
    duplicates.detectDuplicates()
    for question in [
      Stimulus(from: trial.station(), for: trial.target()),
      Stimulus(from: trial.station(), for: Side.down.global),
    ] {
      try await trial.send(question)
    }
    for question in [Stimulus(from: trial.station(), for: trial.verified()), duplicates] {
      try await trial.send(question)
      _ = try await trial.take(1, on: .down)
      let owner = Advertisement(from: trial.station(9), of: trial.verified())
      try await trial.send(owner.octets, on: .down)
      try await trial.wait(.milliseconds(1100))
    }
    let answers = try await trial.take(4)
    try require(answers.count == 4, "\(answers.count) answers of 4")
    try require(answers.allSatisfy { $0.isRouter }, "the Router flag changes")
  }

  private static let linkLayerAddresses: [Row] = [
    Row(
      "D12", "multicast: the answer has the interface's link-layer address", "RFC 4861 §7.2.4",
      .must,
      .answer { answer, _ in answer.options == own }),
    Row(
      "D13", "unicast: the answer has the interface's link-layer address", "RFC 4861 §4.4", .should,
      .answer({ $0.goByUnicast() }) { answer, _ in answer.options == own }),
    Row(
      "D14", "the link-layer addresses of target and rule interface are not sent",
      "RFC 4861 §7.2.8, RFC 4389 §4.1.2",
      .must,
      .script(.usual) { trial in
        try await trial.send(Stimulus(from: trial.station(), for: trial.verified()))
        try await trial.expectProbe(for: trial.verified())
        let owner = Advertisement(from: trial.station(9), of: trial.verified())
        try await trial.send(owner.octets, on: .down)
        let frames = try await trial.take(1)
        try require(frames.count == 1, difference(frames, from: [[]]))
        let answer = frames[0]
        try require(answer.options == own, "options \(hex(answer.options))")
        try require(answer.frameSource == Side.up.linkLayerAddress, "from \(answer.frameSource)")
      }),
    Row(
      "D18", "the frame goes to the link-layer address of the solicitor", "RFC 4861 §7.2.3", .must,
      .answer { answer, question in answer.frameDestination == question.frameSource }),
    Row(
      "D19", "the option's address takes precedence over the frame's source", "RFC 4861 §7.2.3",
      .must,
      .answers({
        let other = MACAddress(bits: $0.asker.linkLayerAddress.bits | 0x66_0000_0000)
        $0.options = Stimulus.sourceLinkLayerAddress(other)
      })),
    Row(
      "D20", "without an option, the answer goes to the frame's source", "RFC 4861 §7.2.4",
      .recommended,
      .answers(
        { $0.options = [] },
        {
          $0.goByUnicast()
          $0.options = []
        },
        to: { trial, index in
          // A station that the proxy's kernel has never heard of.
          Stimulus(from: trial.station(8), for: trial.target(index))
        })),
    Row(
      "D21", "no answer goes to a multicast, broadcast or zero address", "RFC 4861 §7.2.3",
      .recommended,
      kernel: .differs("it accepts any bytes as a link-layer address"),
      .silence(
        { $0.options = [1, 1, 0x33, 0x33, 0, 0, 0, 1] },
        { $0.options = [1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] },
        { $0.options = [1, 1, 0, 0, 0, 0, 0, 0] })),
  ]
}

private let own = Stimulus.targetLinkLayerAddress(Side.up.linkLayerAddress)
