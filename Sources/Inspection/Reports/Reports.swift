package import ControlProtocol
package import NDPWire
package import ProxyEngine
package import ProxyModel

// What the engine and the plan tell, as the control socket has it.

extension Instant {
  /// How long ago another instant was; zero where that is yet to come.
  package func milliseconds(since other: Instant) -> UInt64 {
    nanoseconds > other.nanoseconds ? (nanoseconds - other.nanoseconds) / 1_000_000 : 0
  }
}

extension RuleReport {
  /// Takes it from the engine.
  package init(_ summary: RuleSummary) {
    let rule = summary.rule
    var methods = summary.interfaces.prefix(Self.shownInterfaces).map { "iface \($0)" }
    let rest = summary.interfaces.count - methods.count
    if rest > 0 { methods.append("and \(rest) more") }
    if rule.isStatic { methods.append("static") }
    if rule.isAuto { methods.append("auto") }
    if rule.isExclusion { methods.append("exclude") }
    self.init(
      proxy: summary.proxy, prefix: rule.prefix, methods: methods,
      questions: summary.count.questions, answers: summary.count.answers,
      answersInKernel: summary.count.answersElsewhere,
      description: rule.description.isEmpty ? nil : rule.description)
  }
}

extension RuleReport {
  /// Rules of a configuration for one prefix that are disabled.
  package init(disabled rules: [Ruleset.Rule], for prefix: IPv6Prefix, of proxy: String) {
    self.init(
      proxy: proxy, prefix: prefix,
      methods: rules.prefix(Self.shownInterfaces).map { "\($0.method)" }, questions: 0, answers: 0,
      description: rules.lazy.map { $0.description }.first { !$0.isEmpty }, isDisabled: true)
  }
}

extension RuleReport {
  /// How many interfaces of one rule are named.
  private static let shownInterfaces = 16
}

extension SessionReport {
  /// Takes it from the engine; `name` is of an interface.
  package init(_ session: SessionSummary, now: Instant, name: (InterfaceIndex) -> String) {
    self.init()
    proxy = session.proxy
    target = session.target
    state = session.state.rawValue
    interfaces = session.interfaces.map(name)
    linkLayerAddress = session.linkLayerAddress
    isSecondHand = session.isSecondHand
    waiting = session.waiting
    sent = session.sent
    answers = session.answers
    ageMilliseconds = now.milliseconds(since: session.begun)
    sinceAskedMilliseconds = now.milliseconds(since: session.asked)
    sinceConfirmedMilliseconds = session.confirmed.map { now.milliseconds(since: $0) }
    remainingMilliseconds = session.deadline.milliseconds(since: now)
  }
}

extension InterfacePlan {
  /// How things are with an interface or a pattern, for who asks.
  package func status(of name: String, _ condition: InterfaceCondition) -> InterfaceStatus {
    let proxy = proxy(named: name)
    return InterfaceStatus(
      name: name, isProxy: proxy != nil, isRule: isAsked(name), condition: condition.code,
      sentence: condition.sentence(about: name),
      description: proxy.flatMap { $0.description.isEmpty ? nil : $0.description })
  }
}

extension InterfaceCondition {
  /// One word that does not change with the wording of sentences.
  var code: String {
    switch self {
    case .usable: "usable"
    case .missing: "missing"
    case .unmatched: "unmatched"
    case .down: "down"
    case .enslaved: "enslaved"
    case .notEthernet: "notEthernet"
    case .noNeighbors: "noNeighbors"
    case .taken: "taken"
    case .failing: "failing"
    }
  }
}
