import Console
import ControlProtocol

/// An explanation in lines: what is known of one address, from rule to wire.
struct WhyText {
  let explanation: Explanation
  /// What the kernel's IPsec policies do with packets for the target.
  var policies = PolicyEffect.none

  /// Everything but the verdict.
  var lines: [String] {
    var rows: [(String, String)] = [("target", "\(explanation.target)")]
    if !explanation.isLive {
      rows.append(("daemon", "not queried: this is what it would do after a start"))
    }
    if let owner = explanation.owner { rows.append(("address", "of this host, on \(owner)")) }
    for proxy in explanation.proxies { rows += self.rows(for: proxy) }
    if explanation.proxies.isEmpty { rows.append(("rule", "none")) }
    rows.append(("route", route))
    switch policies {
    case .none: break
    case .transformed:
      rows.append(("ipsec", "a policy takes packets for it, regardless of the route"))
    case .blocked: rows.append(("ipsec", "a policy drops packets for it"))
    case .unread where isInVain:
      rows.append(("ipsec", "policies were not read: this requires root"))
    case .unread: break
    }
    rows += explanation.neighbors.map {
      let address = $0.linkLayerAddress.map { " at \($0)" } ?? ""
      return ("neighbor", "in the kernel's cache on \($0.interface)\(address), \($0.state)")
    }
    rows += explanation.kernelProxies.map {
      ("kernel", "also answers for it on \($0): see 'ip -6 neighbor show proxy'")
    }
    rows += explanation.messages.map {
      let kind = $0.kind == .solicitation ? "solicited by" : "advertised by"
      return (
        "seen",
        "\(duration($0.ageMilliseconds)) ago on \($0.interface), \(kind) \($0.source): "
          + $0.reason
      )
    }
    if explanation.isLive, explanation.messages.isEmpty {
      rows.append(("seen", "no recent message about it"))
    }
    if explanation.verdict.answer == .yes {
      rows.append(("traffic", "not checked here: run 'ndpctl doctor'"))
    }
    return LabelledLines(rows).lines(indent: Self.indent)
  }

  /// Where the text begins.
  private static let indent = 11

  /// The verdict, in one line.
  var verdict: String {
    switch explanation.verdict.answer {
    case .yes:
      "\(isInVain ? "yes, but no traffic can pass" : "yes"): \(explanation.verdict.sentence)"
    case .no: "no: \(explanation.verdict.sentence)"
    case .depends: "depends: \(explanation.verdict.sentence)"
    }
  }

  /// Whether what comes for an answer does not reach the target.
  var isInVain: Bool { explanation.verdict.code == "answeredInVain" }

  private var route: String {
    let interface = explanation.route.interface ?? "?"
    return switch explanation.route.kind {
    case "on-link": "on-link on \(interface)"
    case "gateway": "via a router on \(interface)"
    case "local": "local to this host"
    case "anycast": "anycast on this host"
    default: "none"
    }
  }

  private func rows(for proxy: ProxyExplanation) -> [(String, String)] {
    var rows: [(String, String)] = [("proxy", proxy.interface.sentence)]
    if let rule = proxy.rule { rows.append(("rule", text(rule))) }
    rows += proxy.others.map {
      ("", "not \($0.prefix) \($0.text), which is shorter")
    }
    rows += proxy.ruleInterfaces.map { ("interface", $0.sentence) }
    rows.append(("session", session(of: proxy)))
    rows.append(("decision", proxy.reason))
    if let answer = proxy.advertisement {
      let flags = [("R", answer.isRouter), ("S", answer.isSolicited), ("O", answer.isOverride)]
      rows.append(("answer", "from \(answer.source)"))
      rows.append(("", flags.map { "\($0.0)=\($0.1 ? 1 : 0)" }.joined(separator: " ")))
      rows.append(
        ("", "link-layer address \(answer.targetLinkLayerAddress.map { "\($0)" } ?? "none")"))
    }
    return rows
  }

  private func text(_ rule: RuleReport) -> String {
    let counts =
      explanation.isLive ? ", solicited \(rule.questions), answered \(rule.answers)" : ""
    return "\(rule.prefix) \(rule.text)\(counts)"
  }

  private func session(of proxy: ProxyExplanation) -> String {
    guard let session = proxy.session else {
      let failed = proxy.sinceFailedMilliseconds.map { "; failed \(duration($0)) ago" } ?? ""
      return "none\(failed)"
    }
    var parts = ["\(session.state) for another \(duration(session.remainingMilliseconds))"]
    let place = session.interfaces.joined(separator: ", ")
    if let address = session.linkLayerAddress { parts.append("at \(address) on \(place)") }
    if session.isSecondHand { parts.append("confirmed by another proxy only") }
    if let since = session.sinceConfirmedMilliseconds {
      parts.append("replied \(duration(since)) ago")
    }
    if let since = session.sinceAskedMilliseconds {
      parts.append("solicited \(duration(since)) ago")
    }
    if session.sent > 0 { parts.append("\(counted(session.sent, "solicitation")) sent") }
    if session.waiting > 0 { parts.append("\(session.waiting) waiting") }
    parts.append("known for \(duration(session.ageMilliseconds))")
    parts.append("answered \(counted(UInt64(session.answers), "time"))")
    return parts.joined(separator: ", ")
  }
}
