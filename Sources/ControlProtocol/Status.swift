package import NDPWire

/// How the daemon is, in short.
package struct Status: Codable, Equatable, Sendable {
  /// What is answered where and what is waited for, in a few words.
  package var summary = ""
  /// The daemon's version.
  package var programVersion: String?
  /// The number of the daemon's process.
  package var process: Int32 = 0
  /// When it became ready, in milliseconds since 1970, as the clock was then.
  ///
  /// The number stays the same for as long as the daemon runs, even if the clock is set.
  package var startedMilliseconds: UInt64?
  /// How long it has been ready, in milliseconds.
  package var uptimeMilliseconds: UInt64 = 0
  /// The configuration file.
  package var configurationPath = ""
  /// When that was read and taken up, in milliseconds since 1970, as the clock was then.
  package var configuredMilliseconds: UInt64?
  /// How long ago that was, in milliseconds.
  package var configurationAgeMilliseconds: UInt64 = 0
  /// Whether the file was refused when it was read last.
  package var isReloadRefused = false
  /// Where the log begins.
  package var logLevel = LogLevel.notice
  /// The first interfaces that rules name, in the order of the configuration,
  /// `ControlSocket.pageLength` at most.
  package var interfaces: [InterfaceStatus] = []
  /// How many there are.
  package var interfaceCount: Int?
  /// How many rules there are, exclusions included.
  package var ruleCount = 0
  /// How many rules are disabled besides.
  package var disabledRuleCount: Int?
  /// The first of them, `ControlSocket.pageLength` at most.
  package var rules: [RuleReport] = []
  /// Whether questions are answered in the kernel; older daemons do not say.
  package var kernelPath: KernelPathStatus?
  /// The conditions of proxies and rules, `ControlSocket.pageLength` at most; left out where there
  /// are none.
  package var conditions: [ConditionReport]?
  /// How many targets are remembered to have been solicited, where that is remembered.
  package var rememberedCount: Int?
  /// The last advertisement of another gateway for our targets; `nil` where there was none.
  package var otherGateway: OtherGatewayReport?
  /// How many targets are in which state.
  package var sessions = NamedCounts([])
  /// The limits, and how far each was used.
  package var limits: [LimitUse] = []
  /// The last warnings and errors of the log, the oldest first.
  package var warnings: [Warning] = []
  /// How many there were since the start.
  package var warningCount: UInt64 = 0

  /// Starts with nothing.
  package init() {}
}

/// Whether questions are answered in the kernel.
package struct KernelPathStatus: Codable, Equatable, Sendable {
  /// Whether they are, on some interface at least.
  package let isOn: Bool
  /// Why they are not.
  package let reason: String?
  /// Where they are.
  package let interfaces: [String]
  /// Where they are not although that is wanted, with the reason.
  package let refusals: [Refusal]
  /// Where the driver does it (XDP); left out where there are none.
  package let driverInterfaces: [String]?
  /// Where the driver does not although that is wanted; left out where there are none.
  package let driverRefusals: [Refusal]?

  package init(
    isOn: Bool, reason: String?, interfaces: [String], refusals: [Refusal],
    driverInterfaces: [String] = [], driverRefusals: [Refusal] = []
  ) {
    (self.isOn, self.reason) = (isOn, reason)
    (self.interfaces, self.refusals) = (interfaces, refusals)
    self.driverInterfaces = driverInterfaces.isEmpty ? nil : driverInterfaces
    self.driverRefusals = driverRefusals.isEmpty ? nil : driverRefusals
  }

  /// An interface on which another way is taken.
  package struct Refusal: Codable, Equatable, Sendable {
    /// Its name.
    package let interface: String
    /// Why.
    package let reason: String

    package init(interface: String, reason: String) {
      (self.interface, self.reason) = (interface, reason)
    }
  }

  /// The same in lines, for people.
  package var lines: [String] {
    guard isOn else { return ["kernel path: not in use: \(reason ?? "unknown")"] }
    let places = interfaces.isEmpty ? "no interface yet" : interfaces.joined(separator: ", ")
    let drivers = driverInterfaces.map {
      "kernel path: the driver answers (XDP) on \($0.joined(separator: ", "))"
    }
    return ["kernel path: answering on \(places)"]
      + refusals.map { "kernel path: not on \($0.interface): \($0.reason)" }
      + (drivers.map { [$0] } ?? [])
      + (driverRefusals ?? []).map { "kernel path: no XDP on \($0.interface): \($0.reason)" }
  }
}

/// An interface that rules name.
package struct InterfaceStatus: Codable, Equatable, Sendable {
  /// Its name, or a pattern for several.
  package let name: String
  /// Whether solicitations are answered there.
  package let isProxy: Bool
  /// Whether targets are asked for there.
  package let isRule: Bool
  /// `usable`, or what stands in the way in one word.
  package let condition: String
  /// The same in words, and what to do.
  package let sentence: String
  /// What the proxy is for, if the configuration says it.
  package let description: String?

  package init(
    name: String, isProxy: Bool, isRule: Bool, condition: String, sentence: String,
    description: String? = nil
  ) {
    self.name = name
    self.isProxy = isProxy
    self.isRule = isRule
    self.condition = condition
    self.sentence = sentence
    self.description = description
  }

  /// Whether it is attached.
  package var isUsable: Bool { condition == "usable" }

  /// What it is for, or what stands in the way, for people.
  package var text: String {
    guard isUsable else { return sentence }
    let roles = [(isProxy, "answering"), (isRule, "soliciting")]
    let note = description.map { " (\($0))" } ?? ""
    return "\(name): \(roles.filter(\.0).map(\.1).joined(separator: " and "))\(note)"
  }
}

/// Some of the interfaces that rules name.
package struct InterfacePage: Codable, Equatable, Sendable {
  /// Them, in the order of the configuration.
  package let interfaces: [InterfaceStatus]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(interfaces: [InterfaceStatus], next: Int?) {
    self.interfaces = interfaces
    self.next = next
  }
}

/// A limit and how far it was used.
package struct LimitUse: Codable, Equatable, Sendable {
  /// The key of the configuration file.
  package let name: String
  /// Its value.
  package let limit: Int
  /// How much of it is in use now; not there for limits per second.
  package let used: Int?
  /// How often it was in the way since the start.
  package let reached: UInt64

  package init(name: String, limit: Int, used: Int?, reached: UInt64) {
    self.name = name
    self.limit = limit
    self.used = used
    self.reached = reached
  }

  /// Whether nine tenths of it are in use.
  package var isNear: Bool { used.map { $0 * 10 >= limit * 9 } ?? false }
}

/// A warning or error of the log.
package struct Warning: Codable, Equatable, Sendable {
  /// How long ago, in milliseconds.
  package let ageMilliseconds: UInt64
  /// `warning` or `error`.
  package let severity: String
  /// As it was logged.
  package let text: String

  package init(ageMilliseconds: UInt64, severity: String, text: String) {
    self.ageMilliseconds = ageMilliseconds
    self.severity = severity
    self.text = text
  }
}

/// A rule with what was counted of it.
package struct RuleReport: Codable, Equatable, Sendable {
  /// The proxy interface.
  package let proxy: String
  /// The targets.
  package let prefix: IPv6Prefix
  /// `static`, `auto`, `iface NAME`, or `exclude`; of many, the first and how many more there are.
  package let methods: [String]
  /// Questions that it was about; of a proxy's longest match only.
  package let questions: UInt64
  /// Answers given for it.
  package let answers: UInt64
  /// Those of them that the kernel gave by itself; older daemons do not say.
  package let answersInKernel: UInt64?
  /// What it is for, if the configuration says it.
  package let description: String?
  /// Whether it was disabled, so that nothing is answered for it; left out where it was not.
  package let isDisabled: Bool?

  package init(
    proxy: String, prefix: IPv6Prefix, methods: [String], questions: UInt64, answers: UInt64,
    answersInKernel: UInt64? = nil, description: String? = nil, isDisabled: Bool? = nil
  ) {
    self.proxy = proxy
    self.prefix = prefix
    self.methods = methods
    self.questions = questions
    self.answers = answers
    self.answersInKernel = answersInKernel
    self.description = description
    self.isDisabled = isDisabled
  }

  /// What it does, for people: `iface zt0 static (members of the network)`.
  package var text: String {
    (methods + (description.map { ["(\($0))"] } ?? [])).joined(separator: " ")
  }
}

/// Some of the rules.
package struct RulePage: Codable, Equatable, Sendable {
  /// Them, in the order of the configuration, each proxy's exclusions last.
  package let rules: [RuleReport]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(rules: [RuleReport], next: Int?) {
    self.rules = rules
    self.next = next
  }
}

/// What is known of one target, on one proxy interface.
package struct SessionReport: Codable, Equatable, Sendable {
  /// The proxy interface.
  package var proxy = ""
  /// The address.
  package var target = IPv6Address.unspecified
  /// `incomplete`, `reachable`, `probing`, `stale` or `failed`.
  package var state = ""
  /// Where it is asked for, or where it is.
  package var interfaces: [String] = []
  /// Where frames to it go; not there until it answered, nor where a route is the proof.
  package var linkLayerAddress: MACAddress?
  /// Whether a proxy vouches for it, and not the target itself.
  package var isSecondHand = false
  /// How many wait for an answer.
  package var waiting = 0
  /// Questions sent in this state.
  package var sent = 0
  /// Answers given.
  package var answers: UInt32 = 0
  /// How long it is known, in milliseconds.
  package var ageMilliseconds: UInt64 = 0
  /// How long ago somebody asked for it.
  package var sinceAskedMilliseconds: UInt64?
  /// How long ago it last answered itself.
  package var sinceConfirmedMilliseconds: UInt64?
  /// When the state's time is up, in milliseconds from now.
  package var remainingMilliseconds: UInt64 = 0

  /// Starts with nothing.
  package init() {}
}

/// Some of the sessions.
package struct SessionPage: Codable, Equatable, Sendable {
  /// Them, in no order; one that begins meanwhile may be missed.
  package let sessions: [SessionReport]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(sessions: [SessionReport], next: Int?) {
    self.sessions = sessions
    self.next = next
  }
}
