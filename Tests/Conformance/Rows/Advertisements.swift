import NDPWire
import TestSupport

extension Row {
  /// D: the advertisement, field by field, and as a whole.
  static let advertisements: [Row] =
    fields + sources + linkLayerAddresses + wholes + reloads

  private static let fields: [Row] = [
    Row(
      "D01", "its hop limit is 255", "RFC 4861 §4.4", .must,
      .answer { answer, _ in answer.hopLimit == 255 }),
    Row(
      "D02", "it goes to the source of the question", "RFC 4861 §7.2.4", .must,
      .answer { answer, question in answer.destination == question.source }),
    Row(
      "D03", "its source is an address of the interface", "RFC 4861 §4.4", .must,
      .answer { answer, _ in [Side.up.linkLocal, Side.up.global].contains(answer.source) }),
    Row(
      "D06", "it is solicited", "RFC 4861 §7.2.4", .must,
      .answer { answer, _ in answer.isSolicited }),
    Row(
      "D07", "it does not override, by multicast or unicast", "RFC 4861 §7.2.8", .must,
      .answers({ _ in }, { $0.goByUnicast() })),
    Row(
      "D08", "it comes from a router by default", "RFC 4861 §7.2.4", .must,
      .answer { answer, _ in answer.isRouter }),
    Row(
      "D08b", "with 'router no' it does not", "RFC 6275 §10.4.1", .must,
      .answer(in: host) { answer, _ in !answer.isRouter }),
    Row(
      "D09", "the router flag of a target never changes", "RFC 4861 §7.3.3", .recommended,
      routerFlags),
    Row(
      "D10", "its reserved bits are 0, whatever those of the question", "RFC 4861 §4.4", .must,
      .answer({ $0.reserved = .max }) { answer, _ in answer.reserved == 0 }),
    Row(
      "D11", "it names the target", "RFC 4861 §7.2.4", .must,
      .answer { answer, question in answer.target == question.target }),
    Row(
      "D15", "it has no other option", "RFC 4861 §4.4", .must,
      .answer({ $0.options += [14, 1, 1, 2, 3, 4, 5, 6] }) { answer, _ in
        answer.options == Stimulus.targetLinkLayerAddress(Side.up.linkLayerAddress)
      }),
    Row(
      "D16", "its checksum is right", "RFC 4443 §2.3", .must,
      .answer { answer, _ in answer.hasRightChecksum }),
    Row(
      "D17", "it has neither fragment nor extension headers", "RFC 6980 §5", .must,
      .answer { answer, _ in answer.nextHeader == 58 && answer.payloadLength == 32 }),
    Row(
      "D25", "it is 86 octets long, without stray ones", "RFC 4861 §4.4", .must,
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
    try require(answers.allSatisfy { $0.isRouter }, "the flag changes")
  }

  private static let linkLayerAddresses: [Row] = [
    Row(
      "D12", "it has our link-layer address, asked by multicast", "RFC 4861 §7.2.4", .must,
      .answer { answer, _ in answer.options == own }),
    Row(
      "D13", "asked by unicast, too", "RFC 4861 §4.4", .should,
      .answer({ $0.goByUnicast() }) { answer, _ in answer.options == own }),
    Row(
      "D14", "never the owner's, nor that of the owner's link", "RFC 4861 §7.2.8, RFC 4389 §4.1.2",
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
      "D18", "its frame goes to the asker's link-layer address", "RFC 4861 §7.2.3", .must,
      .answer { answer, question in answer.frameDestination == question.frameSource }),
    Row(
      "D19", "which is that of the option, not of the frame", "RFC 4861 §7.2.3", .must,
      .answers({
        let other = MACAddress(bits: $0.asker.linkLayerAddress.bits | 0x66_0000_0000)
        $0.options = Stimulus.sourceLinkLayerAddress(other)
      })),
    Row(
      "D20", "without an option, the frame's: by unicast or multicast", "RFC 4861 §7.2.4",
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
      "D21", "nothing goes to a group, to all or to nobody", "RFC 4861 §7.2.3", .recommended,
      kernel: .differs("it takes any octets for a link-layer address"),
      .silence(
        { $0.options = [1, 1, 0x33, 0x33, 0, 0, 0, 1] },
        { $0.options = [1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] },
        { $0.options = [1, 1, 0, 0, 0, 0, 0, 0] })),
  ]
}

private let own = Stimulus.targetLinkLayerAddress(Side.up.linkLayerAddress)
