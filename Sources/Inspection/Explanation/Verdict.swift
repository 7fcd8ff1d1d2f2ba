package import ControlProtocol
import NDPWire
import ProxyEngine
import ProxyModel

// The end of an explanation: one sentence that says what a solicitation leads to, and why.

extension Explanation.Verdict {
  /// Draws the conclusion from an explanation; `rules` are some that there are, `disabled` those
  /// that are not in force.
  package init(of explanation: Explanation, rules: [RuleReport], disabled: [RuleReport] = []) {
    self.init()
    let target = explanation.target
    if let owner = explanation.owner, explanation.isOwnerProxy != false || rules.isEmpty,
      !explanation.proxies.contains(where: { $0.isAnswered })
    {
      self.init(
        .yes, DiscardReason.ownAddress.name,
        "\(owner) has \(target) itself, so the kernel answers for it there")
    } else if !target.isProxyable {
      self.init(
        .no, DiscardReason.targetNotProxied.name,
        "\(target) is not a unicast address that a proxy may answer for")
    } else if let proxy = explanation.proxies.first(where: { $0.isAnswered })
      ?? explanation.proxies.first(where: { $0.interface.isUsable && $0.mayBeAnswered })
      ?? explanation.proxies.first(where: { $0.interface.isUsable })
      ?? explanation.proxies.first
    {
      self.init(of: proxy, in: explanation)
    } else if let rule = disabled.first(where: { $0.prefix.contains(target) }) {
      self.init(
        .no, "ruleDisabled",
        "the rule \(rule.prefix) on \(rule.proxy) is disabled; 'ndpctl rule enable "
          + "\(rule.prefix)' enables it")
    } else {
      let known = rules.prefix(3).map { "\($0.prefix) on \($0.proxy)" }
      let more = rules.count > 3 ? " and more" : ""
      let owner = explanation.owner.map {
        "\($0) has \(target), and the kernel answers for it only there; "
      }
      self.init(
        .no, DiscardReason.noRule.name,
        (owner ?? "") + "no rule covers \(target)"
          + (known.isEmpty ? "; there are no rules" : "; there are \(list(known))\(more)"))
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
    case Outcome.answered.code:
      if let limit = explanation.latestLimit(on: proxy.proxy) {
        self.init(
          .depends, limit.decision ?? "",
          "answered on \(proxy.proxy) only within a limit: the last solicitation, "
            + "\(age(limit.ageMilliseconds)) ago, was ignored, because \(limit.reason)")
        return
      }
      let goesBack = explanation.owner == nil && explanation.route.interface == proxy.proxy
      self.init(
        .yes, goesBack ? "answeredInVain" : proxy.decision,
        "answered on \(proxy.proxy): \(proxy.proof(in: explanation))"
          + (goesBack ? "; the kernel sends packets for it back to \(proxy.proxy)" : ""))
    case Outcome.asked.code:
      if let failure = proxy.rememberedFailure(of: target, askedOn: proxy.askedOn) {
        self.init(
          .no, proxy.failure ?? DiscardReason.targetFailed.name,
          "not answered on \(proxy.proxy): \(failure); the next solicitation makes ndpproxy "
            + "solicit it again")
      } else {
        self.init(
          .depends, proxy.decision,
          "ndpproxy would send a solicitation for \(target) on \(list(proxy.askedOn)), and answer "
            + "if it replies")
      }
    case Outcome.waiting.code:
      let asked = proxy.places
      if let failure = proxy.rememberedFailure(of: target, askedOn: asked) {
        self.init(
          .no, proxy.failure ?? DiscardReason.targetFailed.name,
          "not answered on \(proxy.proxy): \(failure); ndpproxy is soliciting it again")
        return
      }
      self.init(
        .depends, proxy.decision,
        "ndpproxy has sent a solicitation for \(target) on \(list(asked)), and answers if it "
          + "replies")
    default:
      self.init(
        .no, proxy.standingDecision(in: explanation),
        "not answered on \(proxy.proxy): \(proxy.cause(in: explanation))")
    }
  }
}

extension Explanation {
  /// The latest solicitation on a proxy interface, if it is recent and was ignored for a limit.
  fileprivate func latestLimit(on interface: String) -> RecentMessage? {
    let latest = messages.first { $0.kind == .solicitation && $0.interface == interface }
    guard let latest, latest.ageMilliseconds < 3000,
      [DiscardReason.advertisementLimit.name, DiscardReason.offLinkLimit.name].contains(
        latest.decision)
    else { return nil }
    return latest
  }
}

extension ProxyExplanation {
  fileprivate var isAnswered: Bool { interface.isUsable && decision == Outcome.answered.code }
  fileprivate var mayBeAnswered: Bool {
    decision == Outcome.asked.code || decision == Outcome.waiting.code
  }

  /// Why the target was given up, if that is remembered; the same for as long as it is.
  fileprivate func rememberedFailure(of target: IPv6Address, askedOn: [String]) -> String? {
    guard let since = sinceFailedMilliseconds else { return nil }
    if failure == DiscardReason.targetUpstream.name {
      return "a neighbor on the link of \(proxy) had \(target) \(age(since)) ago"
    }
    return "\(target) did not reply on \(list(askedOn)) \(age(since)) ago"
  }

  /// Where the target was asked for, or would be.
  fileprivate var places: [String] {
    let asked = session?.interfaces ?? []
    return asked.isEmpty ? ruleInterfaces.map { $0.name } : asked
  }

  /// The cause, which stays the same while a failure is remembered.
  ///
  /// Where nobody was asked, because the kernel's route leads back, that is why it failed.
  fileprivate func standingDecision(in explanation: Explanation) -> String {
    decision == DiscardReason.targetFailed.name && places.isEmpty
      && explanation.route.interface == proxy
      ? DiscardReason.noRoute.name : decision
  }

  /// Why the target is taken to be there.
  fileprivate func proof(in explanation: Explanation) -> String {
    if let owner = explanation.owner { return "this host has the address, on \(owner)" }
    if rule?.methods.contains("static") == true, session == nil {
      return "the rule is static, so the target need not reply"
    }
    guard let session, let address = session.linkLayerAddress,
      let since = session.sinceConfirmedMilliseconds
    else {
      let interface = explanation.route.interface
      return interface.map { "the kernel has a route to it on \($0), which is enough" }
        ?? "the kernel delivers packets for it to this host"
    }
    return "it is at \(address) on \(list(session.interfaces)), and replied \(age(since)) ago"
  }

  /// Why there is no answer, as closely as it is known.
  fileprivate func cause(in explanation: Explanation) -> String {
    switch standingDecision(in: explanation) {
    case DiscardReason.conditionUnmet.name: return unmet?.sentence ?? reason
    case DiscardReason.excluded.name:
      return "the rule excludes \(rule.map { "\($0.prefix)" } ?? "it")"
    case DiscardReason.noRoute.name:
      guard let interface = explanation.route.interface else {
        return "the kernel has no route to it ('ip -6 route get \(explanation.target)')"
      }
      return "the kernel routes it back to \(interface)"
    case DiscardReason.targetFailed.name:
      return rememberedFailure(of: explanation.target, askedOn: places)
        ?? "\(explanation.target) did not reply on \(list(places))"
    case DiscardReason.ruleInterfaceUnavailable.name, DiscardReason.noSourceAddress.name:
      let troubles = ruleInterfaces.filter { !$0.isUsable }.map { $0.sentence }
      return troubles.isEmpty ? reason : troubles.joined(separator: "; ")
    default: return reason
    }
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
