package import JSONText

/// How the daemon is, in short.
package struct Status: ReplyPart, Equatable, Sendable {
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("summary", summary)
      $0.member("programVersion", programVersion)
      $0.member("process", process)
      $0.member("startedMilliseconds", startedMilliseconds)
      $0.member("uptimeMilliseconds", uptimeMilliseconds)
      $0.member("configurationPath", configurationPath)
      $0.member("configuredMilliseconds", configuredMilliseconds)
      $0.member("configurationAgeMilliseconds", configurationAgeMilliseconds)
      $0.member("isReloadRefused", isReloadRefused)
      $0.member("logLevel", logLevel)
      $0.member("interfaces", interfaces)
      $0.member("interfaceCount", interfaceCount)
      $0.member("ruleCount", ruleCount)
      $0.member("disabledRuleCount", disabledRuleCount)
      $0.member("rules", rules)
      $0.member("kernelPath", kernelPath)
      $0.member("conditions", conditions)
      $0.member("rememberedCount", rememberedCount)
      $0.member("otherGateway", otherGateway)
      $0.member("sessions", sessions)
      $0.member("limits", limits)
      $0.member("warnings", warnings)
      $0.member("warningCount", warningCount)
    }
  }
}

/// Whether questions are answered in the kernel.
package struct KernelPathStatus: ReplyPart, Equatable, Sendable {
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
  package struct Refusal: ReplyPart, Equatable, Sendable {
    /// Its name.
    package let interface: String
    /// Why.
    package let reason: String

    package init(interface: String, reason: String) {
      (self.interface, self.reason) = (interface, reason)
    }

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("interface", interface)
        $0.member("reason", reason)
      }
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("isOn", isOn)
      $0.member("reason", reason)
      $0.member("interfaces", interfaces)
      $0.member("refusals", refusals)
      $0.member("driverInterfaces", driverInterfaces)
      $0.member("driverRefusals", driverRefusals)
    }
  }
}

/// An interface that rules name.
package struct InterfaceStatus: ReplyPart, Equatable, Sendable {
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
    let note = description.map { " (\($0))" } ?? ""
    guard isUsable else { return sentence + note }
    let roles = [(isProxy, "answering"), (isRule, "soliciting")]
    return "\(name): \(roles.filter { $0.0 }.map { $0.1 }.joined(separator: " and "))\(note)"
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("name", name)
      $0.member("isProxy", isProxy)
      $0.member("isRule", isRule)
      $0.member("condition", condition)
      $0.member("sentence", sentence)
      $0.member("description", description)
    }
  }
}

/// Some of the interfaces that rules name.
package struct InterfacePage: ReplyPart, Equatable, Sendable {
  /// Them, in the order of the configuration.
  package let interfaces: [InterfaceStatus]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(interfaces: [InterfaceStatus], next: Int?) {
    self.interfaces = interfaces
    self.next = next
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("interfaces", interfaces)
      $0.member("next", next)
    }
  }
}

/// A limit and how far it was used.
package struct LimitUse: ReplyPart, Equatable, Sendable {
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("name", name)
      $0.member("limit", limit)
      $0.member("used", used)
      $0.member("reached", reached)
    }
  }
}

/// A warning or error of the log.
package struct Warning: ReplyPart, Equatable, Sendable {
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("ageMilliseconds", ageMilliseconds)
      $0.member("severity", severity)
      $0.member("text", text)
    }
  }
}
