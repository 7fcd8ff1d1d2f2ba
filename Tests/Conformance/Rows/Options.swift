import NDPWire

extension Row {
  /// B: the options of a solicitation.
  static let options: [Row] = [
    Row(
      "B01", "an option of length 0 drops the packet", "RFC 4861 §4.6, §7.1.1", .must,
      kernel: .agrees,
      .silence(
        { $0.options += [14, 0] + zeros(6) },
        { $0.options = [14, 0] + zeros(6) + $0.options })),
    Row(
      "B02", "unknown options are ignored", "RFC 4861 §7.1.1", .must, kernel: .agrees,
      .answers(
        { $0.options += [253, 1] + zeros(6) }, { $0.options += [38, 1] + zeros(6) },
        { $0.options += [255, 31] + zeros(246) })),
    Row(
      "B03", "an option that exceeds the packet drops the packet", "RFC 4861 §4.6", .robustness,
      kernel: .agrees, .silence({ $0.options += [253, 2] + zeros(6) })),
    Row(
      "B04", "1 to 7 bytes after the last option drop the packet", "RFC 4861 §4.6", .robustness,
      kernel: .agrees,
      .silence(
        { $0.options += [0] }, { $0.options += [253, 1] }, { $0.options += zeros(7) })),
    Row(
      "B05", "a target link-layer address option is ignored", "RFC 4861 §7.1.1", .must,
      kernel: .agrees,
      .answers({ $0.options += Stimulus.targetLinkLayerAddress(stranger) })),
    Row(
      "B06", "prefix, redirected header and MTU options are ignored", "RFC 4861 §7.1.1", .must,
      kernel: .agrees,
      .answers(
        { $0.options += [3, 4] + zeros(30) }, { $0.options += [4, 1] + zeros(6) },
        { $0.options += [5, 1, 0, 0, 0, 0, 5, 0xdc] })),
    Row(
      "B07", "of two source link-layer addresses the first is used", "RFC 4861 §4.6", .recommended,
      .answers(
        { $0.options += $0.options },
        { $0.options += Stimulus.sourceLinkLayerAddress(stranger) })),
    Row(
      "B08", "a link-layer address of a wrong length drops the packet", "RFC 2464 §6", .must,
      kernel: .agrees,
      .silence({ $0.options = [1, 2] + $0.options.dropFirst(2) + zeros(8) })),
    Row(
      "B09", "a nonce option is ignored", "RFC 3971 §5.3.2, RFC 7527 §4", .must,
      .answers({ $0.options += [14, 1] + zeros(6) }, { $0.options += [14, 2] + zeros(14) })),
    Row(
      "B10", "SEND options are ignored and not returned", "RFC 3971 §8", .must,
      .answers({ question in
        for type in [11, 12, 13, 14, 32] as [UInt8] { question.options += [type, 1] + zeros(6) }
      })),
    Row(
      "B11", "6LoWPAN options are ignored and not returned", "RFC 8505 §4.1", .must,
      .answers({ $0.options += [33, 2] + zeros(14) }, { $0.options += [34, 2] + zeros(14) })),
    Row(
      "B12", "a solicitation with 178 options is answered", "RFC 4861 §4.6", .robustness,
      kernel: .agrees,
      .answers({ question in
        for _ in 0..<177 { question.options += [253, 1] + zeros(6) }
      })),
    Row(
      "B13", "an option of type 0 is ignored, as unknown options are", "RFC 4861 §7.1.1", .must,
      .answers({ $0.options += [0, 1] + zeros(6) })),
  ]
}

private let stranger = MACAddress("02:00:00:00:00:99")!
