package import JSONText
package import NDPWire

/// What becomes of a question for one target, and why.
package struct Explanation: ReplyPart, Equatable, Sendable {
  /// The address.
  package var target = IPv6Address.unspecified
  /// Whether a running daemon says so; otherwise the configuration file and the host do.
  package var isLive = false
  /// The interface of this host that has the address.
  package var owner: String?
  /// Whether that is a proxy interface: the kernel answers only on the link of the owner.
  package var isOwnerProxy: Bool?
  /// Every proxy whose rules cover the target.
  package var proxies: [ProxyExplanation] = []
  /// Where the kernel would send a packet to it.
  package var route = RouteReport()
  /// What the kernel's neighbour cache has of it.
  package var neighbors: [NeighborReport] = []
  /// The interfaces on which the kernel itself is told to answer for it (`ip neighbour add proxy`).
  package var kernelProxies: [String] = []
  /// What was last seen on the wire about it, the newest first.
  package var messages: [RecentMessage] = []
  /// The end of it: what a question leads to.
  package var verdict = Verdict()

  /// Starts with nothing.
  package init() {}

  /// What a question leads to.
  package struct Verdict: ReplyPart, Equatable, Sendable {
    /// Whether it is answered.
    package var answer = Answer.no
    /// The reason in one word.
    package var code = ""
    /// The same in one sentence.
    package var sentence = ""

    /// Starts with nothing.
    package init() {}

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("answer", answer)
        $0.member("code", code)
        $0.member("sentence", sentence)
      }
    }
  }

  /// Whether a question is answered.
  package enum Answer: String, ReplyPart, Sendable {
    case yes
    case no
    /// It is for the target to say.
    case depends
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("target", target)
      $0.member("isLive", isLive)
      $0.member("owner", owner)
      $0.member("isOwnerProxy", isOwnerProxy)
      $0.member("proxies", proxies)
      $0.member("route", route)
      $0.member("neighbors", neighbors)
      $0.member("kernelProxies", kernelProxies)
      $0.member("messages", messages)
      $0.member("verdict", verdict)
    }
  }
}

/// What a question for a target leads to on one proxy interface.
package struct ProxyExplanation: ReplyPart, Equatable, Sendable {
  /// The proxy interface.
  package var proxy = ""
  /// How things are with it.
  package var interface = InterfaceStatus(
    name: "", isProxy: true, isRule: false, condition: "", sentence: "")
  /// The rule that counts.
  package var rule: RuleReport?
  /// Those that cover the target as well, with shorter prefixes; the longest first.
  package var others: [RuleReport] = []
  /// The rule's interfaces, and how things are with them.
  package var ruleInterfaces: [InterfaceStatus] = []
  /// What is known of the target.
  package var session: SessionReport?
  /// How long ago the target was last given up, in milliseconds.
  package var sinceFailedMilliseconds: UInt64?
  /// Why it was: `targetFailed`, or `targetUpstream`.
  package var failure: String?
  /// The condition that keeps the rule that counts from being in force.
  package var unmet: ConditionReport?
  /// What a question that came now would lead to: `answered`, `asks`, `waiting`, or why nothing.
  package var decision = ""
  /// The same in words.
  package var reason = ""
  /// The answer that an asker with a link-local address would get.
  package var advertisement: AdvertisementReport?
  /// Where the target would be asked for.
  package var askedOn: [String] = []

  /// Starts with nothing.
  package init() {}

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("proxy", proxy)
      $0.member("interface", interface)
      $0.member("rule", rule)
      $0.member("others", others)
      $0.member("ruleInterfaces", ruleInterfaces)
      $0.member("session", session)
      $0.member("sinceFailedMilliseconds", sinceFailedMilliseconds)
      $0.member("failure", failure)
      $0.member("unmet", unmet)
      $0.member("decision", decision)
      $0.member("reason", reason)
      $0.member("advertisement", advertisement)
      $0.member("askedOn", askedOn)
    }
  }
}

/// An advertisement, field by field (RFC 4861 §4.4).
package struct AdvertisementReport: ReplyPart, Equatable, Sendable {
  /// The IPv6 source.
  package let source: IPv6Address
  /// The R flag.
  package let isRouter: Bool
  /// The S flag.
  package let isSolicited: Bool
  /// The O flag.
  package let isOverride: Bool
  /// The target link-layer address, which is the frame's source as well.
  package let targetLinkLayerAddress: MACAddress?

  package init(
    source: IPv6Address, isRouter: Bool, isSolicited: Bool, isOverride: Bool,
    targetLinkLayerAddress: MACAddress?
  ) {
    self.source = source
    self.isRouter = isRouter
    self.isSolicited = isSolicited
    self.isOverride = isOverride
    self.targetLinkLayerAddress = targetLinkLayerAddress
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("source", source)
      $0.member("isRouter", isRouter)
      $0.member("isSolicited", isSolicited)
      $0.member("isOverride", isOverride)
      $0.member("targetLinkLayerAddress", targetLinkLayerAddress)
    }
  }
}

/// The kernel's route to a target.
package struct RouteReport: ReplyPart, Equatable, Sendable {
  /// `on-link`, `gateway`, `local` or `none`.
  package var kind = "none"
  /// The interface it leads out of.
  package var interface: String?

  /// Starts with none.
  package init() {}

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("kind", kind)
      $0.member("interface", interface)
    }
  }
}

/// An entry of the kernel's neighbour cache.
package struct NeighborReport: ReplyPart, Equatable, Sendable {
  /// Where.
  package let interface: String
  /// Where frames go.
  package let linkLayerAddress: MACAddress?
  /// As `ip neighbour` shows it: `REACHABLE`, `FAILED`, ….
  package let state: String

  package init(interface: String, linkLayerAddress: MACAddress?, state: String) {
    self.interface = interface
    self.linkLayerAddress = linkLayerAddress
    self.state = state
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("interface", interface)
      $0.member("linkLayerAddress", linkLayerAddress)
      $0.member("state", state)
    }
  }
}

/// A message about a target that was seen a while ago.
package struct RecentMessage: ReplyPart, Equatable, Sendable {
  /// How long ago, in milliseconds.
  package let ageMilliseconds: UInt64
  /// Where it came.
  package let interface: String
  /// `solicitation` or `advertisement`.
  package let kind: WatchedMessage.Kind
  /// Its IPv6 source.
  package let source: IPv6Address
  /// What we did, or why nothing, in one word as monitors are told.
  package let decision: String?
  /// The same in words.
  package let reason: String

  package init(
    ageMilliseconds: UInt64, interface: String, kind: WatchedMessage.Kind, source: IPv6Address,
    decision: String, reason: String
  ) {
    self.ageMilliseconds = ageMilliseconds
    self.interface = interface
    self.kind = kind
    self.source = source
    self.decision = decision
    self.reason = reason
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("ageMilliseconds", ageMilliseconds)
      $0.member("interface", interface)
      $0.member("kind", kind)
      $0.member("source", source)
      $0.member("decision", decision)
      $0.member("reason", reason)
    }
  }
}
