package import ControlProtocol
import NDPWire

// The end of an explanation: one sentence that says what a question leads to, and why.

extension Explanation.Verdict {
  /// Draws the conclusion from an explanation; `rules` are some that there are.
  package init(of explanation: Explanation, rules: [RuleReport]) {
    self.init()
    let target = explanation.target
    let proxies = Set(rules.map(\.proxy) + explanation.proxies.map(\.proxy))
    let ownsOnProxy = explanation.owner.map { proxies.isEmpty || proxies.contains($0) } ?? false
    if let owner = explanation.owner, ownsOnProxy,
      !explanation.proxies.contains(where: \.isAnswered)
    {
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
          + (explanation.owner.map {
            ", which this host has on \($0): the kernel answers only there"
          }
            ?? "")
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
          + (goesBack ? "; the kernel sends packets for it back out of \(proxy.proxy)" : ""))
    case "asks":
      if let since = proxy.sinceFailedMilliseconds {
        self.init(
          .no, "targetFailed",
          "nobody answered on \(list(proxy.askedOn)) \(age(since)) ago; the next question has "
            + "\(target) asked for again")
      } else {
        self.init(
          .depends, "asks",
          "ndpproxy would ask for \(target) on \(list(proxy.askedOn)), and answer if it replies "
            + "there")
      }
    case "waiting":
      let asked = list(proxy.places)
      if let since = proxy.sinceFailedMilliseconds {
        self.init(
          .no, "targetFailed",
          "nobody answered on \(asked) \(age(since)) ago; \(target) is being asked for again")
        return
      }
      self.init(
        .depends, "waiting",
        "ndpproxy is asking for \(target) on \(asked), and answers if it replies there")
    default:
      self.init(
        .no, proxy.standingDecision(in: explanation),
        "not answered on \(proxy.proxy): \(proxy.cause(in: explanation))")
    }
  }
}

extension ProxyExplanation {
  fileprivate var isAnswered: Bool { interface.isUsable && decision == "answered" }
  fileprivate var mayBeAnswered: Bool { decision == "asks" || decision == "waiting" }

  /// Where the target was asked for, or would be.
  fileprivate var places: [String] {
    let asked = session?.interfaces ?? []
    return asked.isEmpty ? ruleInterfaces.map(\.name) : asked
  }

  /// The cause, which stays the same while a failure is remembered.
  ///
  /// Where nobody was asked, because the kernel's route leads back, that is why it failed.
  fileprivate func standingDecision(in explanation: Explanation) -> String {
    decision == "targetFailed" && places.isEmpty && explanation.route.interface == proxy
      ? "noRoute" : decision
  }

  /// Why the target is taken to be there.
  fileprivate func proof(in explanation: Explanation) -> String {
    if let owner = explanation.owner { return "this host has the address, on \(owner)" }
    if rule?.methods.contains("static") == true, session == nil {
      return "the rule is static, so nobody is asked"
    }
    guard let session, let address = session.linkLayerAddress,
      let since = session.sinceConfirmedMilliseconds
    else {
      let interface = explanation.route.interface
      return interface.map { "the kernel routes it to \($0), where nobody can be asked" }
        ?? "it is this host's"
    }
    return "it is at \(address) on \(list(session.interfaces)), and replied \(age(since)) ago"
  }

  /// Why there is no answer, as closely as it is known.
  fileprivate func cause(in explanation: Explanation) -> String {
    switch standingDecision(in: explanation) {
    case "excluded": return "the rule excludes \(rule.map { "\($0.prefix)" } ?? "it")"
    case "noRoute":
      guard let interface = explanation.route.interface else {
        return "the kernel has no route to it ('ip -6 route get \(explanation.target)')"
      }
      return "the kernel routes it back out of \(interface)"
    case "targetFailed":
      let since = sinceFailedMilliseconds.map { " \(age($0)) ago" } ?? ""
      return "nobody answered on \(list(places))\(since)"
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
