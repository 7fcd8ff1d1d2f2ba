import NetworkLab

extension Exchange {
  /// Two lines for each message: when, who to whom and what; then what it carries.
  var lines: [String] {
    let question = solicitation.message
    let answer = advertisement.message
    let flags = [
      answer.isRouter ? "R" : nil, answer.isSolicited ? "S" : nil, answer.isOverride ? "O" : nil,
    ].compactMap { $0 }.joined(separator: " ")
    return [
      "      0.0 µs  \(question.source) → \(question.destination)",
      "              ICMPv6 neighbor solicitation, who has \(question.target)?",
      "              source link-layer address \(text(question.sourceLinkLayerAddress))",
      "\(microseconds) µs  \(answer.source) → \(answer.destination)",
      "              ICMPv6 neighbor advertisement for \(answer.target)",
      "              flags \(flags), target link-layer address \(text(answer.targetLinkLayerAddress))",
    ]
  }

  /// With one decimal, nine columns wide.
  private var microseconds: String {
    let tenths = Int((latency / .nanoseconds(100)).rounded())
    let text = "\(tenths / 10).\(tenths % 10)"
    return String(repeating: " ", count: max(0, 9 - text.count)) + text
  }

  private func text<Address>(_ address: Address?) -> String {
    address.map { "\($0)" } ?? "none"
  }
}
