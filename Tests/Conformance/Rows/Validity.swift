import NDPWire

extension Row {
  /// A: what makes a solicitation valid.
  static let validity: [Row] = messages + addresses + extensionHeaders + robustness

  private static let messages: [Row] = [
    Row(
      "A01", "a valid multicast solicitation is answered", "RFC 4861 §7.2.3, §7.2.8", .must,
      kernel: .agrees, .answers({ _ in })),
    Row(
      "A02", "the hop limit must be 255", "RFC 4861 §7.1.1", .must, kernel: .agrees,
      .silence({ $0.hopLimit = 254 })),
    Row(
      "A03", "a solicitation with any other hop limit is dropped", "RFC 4861 §7.1.1", .must,
      .silence(
        { $0.hopLimit = 0 }, { $0.hopLimit = 1 }, { $0.hopLimit = 64 }, { $0.hopLimit = 128 })),
    Row(
      "A04", "the ICMPv6 code must be 0", "RFC 4861 §7.1.1", .must, kernel: .agrees,
      .silence({ $0.code = 1 }, { $0.code = 255 })),
    Row(
      "A05", "the checksum is verified, whichever bit is flipped", "RFC 4861 §7.1.1, RFC 4443 §2.3",
      .must, flippedBits),
    Row(
      "A06", "a checksum field of 0 is verified like any other", "RFC 4443 §2.3", .must,
      kernel: .agrees, .silence({ $0.checksum = 0 })),
    Row(
      "A07", "a computed checksum of 0 is accepted as 0000 and as ffff", "RFC 1071 §1", .robustness,
      .answers(
        { $0.reserved = UInt32($0.rightChecksum) },
        {
          $0.reserved = UInt32($0.rightChecksum)
          $0.checksum = 0xffff
        })),
    Row(
      "A08", "a message with a length of less than 24 bytes is dropped", "RFC 4861 §7.1.1", .must,
      kernel: .agrees,
      // ndppd looks at what the frame before has left in its buffer.
      .silence(
        { $0.messageLength = 0 }, { $0.messageLength = 4 }, { $0.messageLength = 8 },
        { $0.messageLength = 20 }, { $0.messageLength = 23 }, in: .usual.apart("short messages"))),
    Row(
      "A09", "a solicitation of 24 bytes, without options, is answered", "RFC 4861 §7.1.1", .must,
      .answers({
        $0.goByUnicast()
        $0.options = []
      })),
    Row(
      "A13", "the target must not be a multicast address", "RFC 4861 §7.1.1", .must,
      kernel: .agrees,
      .silence(
        { $0.target = .allNodes }, { $0.target = IPv6Address("ff0e::1")! },
        { $0.target = $0.target.solicitedNodeMulticast }, in: .everything)),
    Row(
      "A16", "the reserved field is ignored", "RFC 4861 §4.3, §7.1.1", .must, kernel: .agrees,
      .answers({ $0.reserved = .max })),
    Row(
      "A36", "other ICMPv6 types are ignored", "RFC 4861 §7.2.3", .must,
      .silence(
        { $0.type = 128 }, { $0.type = 133 }, { $0.type = 134 }, { $0.type = 137 },
        { $0.type = 138 }, { $0.type = 143 }, { $0.type = 151 }, { $0.type = 152 },
        { $0.type = 153 }, { $0.type = 255 })),
  ]

  /// Every bit of the checksum, the target and both addresses.
  ///
  /// Some flips make a target or an asker of another row.
  private static let flippedBits = Check.script(.usual.apart("flipped bits")) { trial in
    let question = Stimulus(from: trial.station(), for: trial.target())
    trial.watch(question.target)
    let fields = [22..<38, 38..<54, 56..<58, 62..<78]
    for octet in fields.joined() {
      for bit in 0..<8 {
        var octets = question.octets
        octets[octet] ^= 1 << bit
        try await trial.send(octets)
      }
    }
    try await trial.expectSilence()
    try await trial.requireArrival()
    try await trial.send(question)
    try await trial.requireAnswers(to: [question], isControl: true)
  }

  private static let addresses: [Row] = [
    Row(
      "A14", "a solicitation from :: must go to a solicited-node group", "RFC 4861 §7.1.1", .must,
      .silence(
        {
          $0.destination = $0.target
          $0.frameDestination = Side.up.linkLayerAddress
        },
        {
          $0.destination = .allNodes
          $0.frameDestination = .allNodes
        }, to: Check.duplicates(of: 0, 1))),
    Row(
      "A15", "a solicitation from :: must not have a link-layer address", "RFC 4861 §7.1.1", .must,
      .silence(
        { $0.options = Stimulus.sourceLinkLayerAddress($0.asker.linkLayerAddress) },
        to: Check.duplicates(of: 2))),
    Row(
      "A28", "the source must not be a multicast address", "RFC 4291 §2.7", .must,
      kernel: .agrees, .silence({ $0.source = .allNodes })),
    Row(
      "A29", "the source must not be ::1", "RFC 4291 §2.5.3", .must, kernel: .agrees,
      .silence({ $0.source = .loopback }, in: .usual.apart("source ::1"))),
    Row(
      "A30", "a solicitation from an IPv4-mapped address is dropped", "RFC 4291 §2.5.5.2",
      .recommended,
      kernel: .differs("it treats this as an ordinary address"),
      .silence({ $0.source = IPv6Address("::ffff:1.2.3.4")! })),
    Row(
      "A30b", "a solicitation from an IPv4-compatible address is dropped", "RFC 4291 §2.5.5.1",
      .recommended,
      kernel: .differs("it treats this as an ordinary address"),
      .silence({ $0.source = IPv6Address("::1.2.3.4")! })),
    Row(
      "A31", "a solicitation to the all-nodes group is valid", "RFC 4861 §7.1.1", .must,
      kernel: .agrees,
      .answers({
        $0.destination = .allNodes
        $0.frameDestination = .allNodes
      })),
    Row(
      "A32", "a solicitation to the group of another address is valid", "RFC 4861 §7.1.1", .must,
      kernel: .differs("it is not a member of that group"),
      .answers({
        $0.destination = IPv6Address(bits: $0.target.bits ^ 0xff).solicitedNodeMulticast
        $0.frameDestination = MACAddress(multicast: $0.destination)
      })),
    Row(
      "A33", "a multicast packet in a unicast frame is accepted", "RFC 6085 §3", .must,
      kernel: .agrees, .answers({ $0.frameDestination = Side.up.linkLayerAddress })),
    Row(
      "A34", "a multicast packet in a broadcast frame is accepted", "RFC 2464 §7", .recommended,
      kernel: .agrees,
      .answers({ $0.frameDestination = MACAddress("ff:ff:ff:ff:ff:ff")! })),
    Row(
      "A35", "a frame for the link-layer address of another host is ignored", "IEEE 802.3 §4.2",
      .robustness,
      kernel: .agrees, .silence({ $0.frameDestination = MACAddress("02:00:00:00:00:99")! })),
  ]
}
