package import ControlProtocol
import NDPWire

// The end of an explanation: one sentence that says what a question leads to, and why.

extension Explanation.Verdict {
  /// Draws the conclusion from an explanation; `rules` are some that there are.
  package init(of explanation: Explanation, rules: [RuleReport]) {
    self.init()
    let target = explanation.target
    if let owner = explanation.owner, !explanation.proxies.contains(where: \.isAnswered) {
      self.init(
        .yes, "ownAddress", "\(owner) has \(target) itself, so the kernel answers for it there")
    } else if target.isNeverProxied {
      self.init(
        .no, "targetNotProxied",
        "\(target) is not a unicast address that can be answered for by another")
    } else if let proxy = explanation.proxies.first(where: \.isAnswered)
      ?? explanation.proxies.first(where: { $0.interface.isUsable && $0.mayBeAnswered })
      ?? explanation.proxies.first(where: { $0.interface.isUsable })
      ?? explanation.proxies.first
    {
      self.init(of: proxy, in: explanation)
    } else {
      let known = rules.prefix(3).map { "\($0.prefix) on \($0.proxy)" }
      let more = rules.count > 3 ? " and more" : ""
      self.init(
        .no, "noRule",
        "no rule covers \(target)"
          + (known.isEmpty ? "; there are none" : "; there are \(list(known))\(more)"))
    }
  }

  private init(_ answer: Explanation.Answer, _ code: String, _ sentence: String) {
    self.init()
    self.answer = answer
    self.code = code
    self.sentence = sentence
  }

  private init(of proxy: ProxyExplanation, in explanation: Explanation) {
    let target = explanation.target
    guard proxy.interface.isUsable else {
      self.init(.no, proxy.interface.condition, "not answered: \(proxy.interface.sentence)")
      return
    }
    switch proxy.decision {
    case "answered":
      let goesBack = explanation.owner == nil && explanation.route.interface == proxy.proxy
      self.init(
        .yes, goesBack ? "answeredInVain" : "answered",
        "answered on \(proxy.proxy): \(proxy.proof(in: explanation))"
          + (goesBack ? "; the kernel sends what comes for it back to \(proxy.proxy)" : ""))
    case "asks":
      if let since = proxy.sinceFailedMilliseconds {
        self.init(
          .no, "targetFailed",
          "nobody answered on \(list(proxy.askedOn)) \(age(since)) ago; the next question has "
            + "\(target) asked for again")
      } else {
        self.init(
          .depends, "asks",
          "it is for \(target) to say: it would be asked for on \(list(proxy.askedOn)), and is "
            + "answered for if it answers there")
      }
    case "waiting":
      let asked = list(proxy.session?.interfaces ?? [])
      if let since = proxy.sinceFailedMilliseconds {
        self.init(
          .no, "targetFailed",
          "nobody answered on \(asked) \(age(since)) ago; \(target) is being asked for again")
        return
      }
      self.init(
        .depends, "waiting",
        "it is for \(target) to say: it is being asked for on \(asked)")
    default:
      self.init(
        .no, proxy.decision, "not answered on \(proxy.proxy): \(proxy.cause(in: explanation))")
    }
  }
}

extension ProxyExplanation {
  fileprivate var isAnswered: Bool { interface.isUsable && decision == "answered" }
  fileprivate var mayBeAnswered: Bool { decision == "asks" || decision == "waiting" }

  /// Why the target is taken to be there.
  fileprivate func proof(in explanation: Explanation) -> String {
    if let owner = explanation.owner { return "this host has the address, on \(owner)" }
    if rule?.methods.contains("static") == true, session == nil {
      return "the rule is static, and nobody is asked"
    }
    guard let session, let address = session.linkLayerAddress,
      let since = session.sinceConfirmedMilliseconds
    else {
      let interface = explanation.route.interface
      return interface.map { "the kernel routes it out of \($0), and that is the proof" }
        ?? "it is this host's"
    }
    return "it is at \(address) on \(list(session.interfaces)), and said so \(age(since)) ago"
  }

  /// Why there is no answer, as closely as it is known.
  fileprivate func cause(in explanation: Explanation) -> String {
    switch decision {
    case "excluded": return "the rule excludes \(rule.map { "\($0.prefix)" } ?? "it")"
    case "noRoute":
      guard let interface = explanation.route.interface else {
        return "the kernel has no route to it ('ip -6 route get \(explanation.target)')"
      }
      return "the kernel routes it back out of \(interface)"
    case "targetFailed":
      let since = sinceFailedMilliseconds.map { " \(age($0)) ago" } ?? ""
      return "nobody answered on \(list(session?.interfaces ?? []))\(since)"
    case "ruleInterfaceUnavailable", "noSourceAddress":
      let troubles = ruleInterfaces.filter { !$0.isUsable }.map(\.sentence)
      return troubles.isEmpty ? reason : troubles.joined(separator: "; ")
    default: return reason
    }
  }
}

extension IPv6Address {
  /// Whether no rule can be about it.
  fileprivate var isNeverProxied: Bool {
    isMulticast || isLinkLocal || isLoopback || isUnspecified || isIPv4Mapped
  }
}

private func list(_ words: [String]) -> String {
  words.isEmpty ? "no interface" : words.joined(separator: ", ")
}

/// A time in milliseconds as people say it.
private func age(_ milliseconds: UInt64) -> String {
  switch milliseconds {
  case ..<10_000: "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
  case ..<120_000: "\(milliseconds / 1000) s"
  default: "\(milliseconds / 60_000) min"
  }
}
