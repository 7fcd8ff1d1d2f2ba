import NetworkLab

extension Exchange {
  /// Three lines for each message: when and who to whom, what it says, what it carries.
  var lines: [String] {
    let question = solicitation.message
    let answer = advertisement.message
    let set = [(answer.isRouter, "R"), (answer.isSolicited, "S"), (answer.isOverride, "O")]
    let flags = set.filter(\.0).map(\.1).joined(separator: " ")
    let indent = String(repeating: " ", count: 14)
    return [
      "\(columns("0.0")) µs  \(question.source) → \(question.destination)",
      indent + "ICMPv6 neighbor solicitation, who has \(question.target)?",
      indent + "source link-layer address \(text(question.sourceLinkLayerAddress))",
      "\(columns(microseconds)) µs  \(answer.source) → \(answer.destination)",
      indent + "ICMPv6 neighbor advertisement for \(answer.target)",
      indent + "flags \(flags.isEmpty ? "none" : flags), target link-layer address "
        + text(answer.targetLinkLayerAddress),
    ]
  }

  /// With one decimal; String(format:) would need Foundation.
  private var microseconds: String {
    let tenths = Int((latency / .nanoseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private func columns(_ number: String) -> String {
    String(repeating: " ", count: max(0, 9 - number.count)) + number
  }

  private func text<Address>(_ address: Address?) -> String {
    address.map { "\($0)" } ?? "none"
  }
}
