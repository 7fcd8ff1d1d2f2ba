import ControlProtocol

/// The daemon's state and counters, as metrics.
struct Metrics {
  let status: Status
  let counters: CounterReport
  /// The rules to be counted by themselves.
  let rules: [RuleReport]
  /// Milliseconds since 1970.
  let now: UInt64

  /// The text where there is no daemon: that it is not there.
  static func absence(_ format: Exposition.Format) -> String {
    var exposition = Exposition(format: format)
    exposition.add(.gauge, "ndpproxy_up", upHelp, [.init(0)])
    exposition.end()
    return exposition.text
  }

  private static let upHelp = "Whether the daemon runs and replies on its control socket."

  func text(_ format: Exposition.Format) -> String {
    var exposition = Exposition(format: format)
    exposition.add(.gauge, "ndpproxy_up", Self.upHelp, [.init(1)])
    addState(to: &exposition)
    addLimits(to: &exposition)
    addMessages(to: &exposition)
    addReasons(to: &exposition)
    addRules(to: &exposition)
    exposition.addHistogram(
      "ndpproxy_answer_latency_seconds",
      "Time from receiving a solicitation to sending the advertisement.",
      boundsNanoseconds: counters.latency.boundsNanoseconds, counts: counters.latency.counts,
      sumNanoseconds: counters.latency.sumNanoseconds)
    exposition.end()
    return exposition.text
  }

  private func addState(to exposition: inout Exposition) {
    exposition.add(
      .gauge, "ndpproxy_build_info", "The version of the daemon, with the constant value 1.",
      status.programVersion.map { [.init(1, ("version", $0))] } ?? [])
    exposition.add(
      .gauge, "ndpproxy_start_time_seconds", "When the daemon became ready, in seconds since 1970.",
      [.init(status.started(now: now) / 1000)])
    exposition.add(
      .gauge, "ndpproxy_config_last_reload_successful",
      "Whether the last reload of the configuration file succeeded.",
      [.init(status.isReloadRefused ? 0 : 1)])
    exposition.add(
      .gauge, "ndpproxy_config_last_reload_success_timestamp_seconds",
      "When the configuration in force was loaded, in seconds since 1970.",
      [.init(status.configured(now: now) / 1000)])
    exposition.add(
      .gauge, "ndpproxy_interface_usable", "Whether an interface of the configuration is usable.",
      status.interfaces.map { interface in
        let role = interface.isProxy ? (interface.isRule ? "both" : "proxy") : "rule"
        return .init(interface.isUsable ? 1 : 0, ("interface", interface.name), ("role", role))
      })
    exposition.add(
      .gauge, "ndpproxy_rules", "Rules in force, including exclusions.", [.init(status.ruleCount)])
    exposition.add(
      .gauge, "ndpproxy_rules_disabled", "Rules disabled until the next reload.",
      [.init(status.disabledRuleCount ?? 0)])
    addConditions(to: &exposition)
    exposition.add(
      .gauge, "ndpproxy_sessions", "Targets that are known or being solicited, by state.",
      status.sessions.entries.map { .init($0.count, ("state", $0.name)) })
    exposition.add(
      .counter, "ndpproxy_warnings", "Warnings and errors logged.", [.init(status.warningCount)])
  }

  /// What the rules require of the host; nothing where they require nothing.
  private func addConditions(to exposition: inout Exposition) {
    guard let conditions = status.conditions else { return }
    exposition.add(
      .gauge, "ndpproxy_condition_met", "Whether a condition of a proxy or rule is met.",
      conditions.map { .init($0.isMet ? 1 : 0, labels: $0.labels) })
    exposition.add(
      .gauge, "ndpproxy_condition_changed_timestamp_seconds",
      "When a condition became met or unmet, in seconds since 1970.",
      conditions.compactMap { condition in
        condition.changedMilliseconds.map { .init($0 / 1000, labels: condition.labels) }
      })
    exposition.add(
      .gauge, "ndpproxy_remembered_targets",
      "Targets remembered to have been solicited, to be announced at a take-over.",
      [.init(status.rememberedCount ?? 0)])
  }

  private func addLimits(to exposition: inout Exposition) {
    exposition.add(
      .gauge, "ndpproxy_limit", "The limits in force, by their key in the configuration file.",
      status.limits.map { .init($0.limit, ("limit", $0.name)) })
    exposition.add(
      .counter, "ndpproxy_limit_reached", "How often a limit was reached.",
      status.limits.map { .init($0.reached, ("limit", $0.name)) })
    exposition.add(
      .counter, "ndpproxy_askers_evicted",
      "Waiting solicitations dropped because too many waited for one target.",
      [.init(counters.askersEvicted)])
    exposition.add(
      .counter, "ndpproxy_frames_unsent", "Frames that could not be sent.",
      [.init(counters.unsent)])
    exposition.add(
      .counter, "ndpproxy_frames_overrun", "Frames the kernel dropped because they came too fast.",
      [.init(counters.overrun)])
  }

  private func addMessages(to exposition: inout Exposition) {
    let families: [(String, String, KeyPath<CounterSet, UInt64>)] = [
      (
        "ndpproxy_solicitations_received", "Well-formed solicitations received.",
        \.solicitationsReceived
      ),
      (
        "ndpproxy_advertisements_received", "Well-formed advertisements received.",
        \.advertisementsReceived
      ),
      ("ndpproxy_advertisements_sent", "Advertisements sent.", \.answered),
      ("ndpproxy_solicitations_sent", "Solicitations sent.", \.asked),
    ]
    for (name, help, path) in families {
      let samples = byInterface { $0[keyPath: path] }.map { interface, count in
        Exposition.Sample(count, ("interface", interface))
      }
      exposition.add(.counter, name, help, samples)
    }
    if let kernelPath = status.kernelPath {
      exposition.add(
        .gauge, "ndpproxy_kernel_path", "Whether the kernel path is in use.",
        [.init(kernelPath.isOn ? 1 : 0)])
      exposition.add(
        .counter, "ndpproxy_kernel_answers", "Advertisements sent by the kernel path.",
        byInterface { $0.answeredInKernel ?? 0 }.map { interface, count in
          .init(count, ("interface", interface))
        })
    }
    guard status.rememberedCount != nil else { return }
    exposition.add(
      .counter, "ndpproxy_announcements_sent",
      "Unsolicited advertisements sent, of all advertisements.",
      byInterface { $0.announced ?? 0 }.map { interface, count in
        .init(count, ("interface", interface))
      })
    exposition.add(
      .counter, "ndpproxy_take_overs",
      "How often the known targets of a proxy were announced.",
      [.init(counters.announcementRounds ?? 0)])
  }

  private func addReasons(to exposition: inout Exposition) {
    let families: [(String, String, KeyPath<CounterSet, NamedCounts>)] = [
      ("ndpproxy_ignored", "Well-formed messages that were ignored, by reason.", \.ignored),
      ("ndpproxy_malformed", "Malformed frames dropped, by reason.", \.malformed),
    ]
    for (name, help, path) in families {
      let samples = counters.total[keyPath: path].entries.flatMap { entry in
        byInterface { $0[keyPath: path][entry.name] }.map { interface, count in
          Exposition.Sample(count, ("interface", interface), ("reason", entry.name))
        }
      }
      exposition.add(.counter, name, help, samples)
    }
  }

  private func addRules(to exposition: inout Exposition) {
    exposition.add(
      .counter, "ndpproxy_rule_questions", "Solicitations that matched a rule.",
      rules.map { .init($0.questions, labels: $0.labels) })
    exposition.add(
      .counter, "ndpproxy_rule_answers", "Advertisements sent for a rule.",
      rules.map { .init($0.answers, labels: $0.labels) })
  }

  /// A number of each interface, and what belongs to none under the empty name.
  private func byInterface(
    _ number: (CounterSet) -> UInt64
  ) -> [(interface: String, count: UInt64)] {
    let known = counters.interfaces.map { (interface: $0.name, count: number($0.counters)) }
    let total = number(counters.total)
    let rest = total - min(total, known.reduce(0) { $0 + $1.count })
    return known + (rest > 0 || known.isEmpty ? [("", rest)] : [])
  }
}

extension ConditionReport {
  fileprivate var labels: [(name: String, value: String)] {
    [("condition", condition), ("proxy", proxy)] + (prefix.map { [("prefix", "\($0)")] } ?? [])
  }
}

extension RuleReport {
  /// What tells its figures from those of other rules.
  fileprivate var labels: [(name: String, value: String)] {
    [("proxy", proxy), ("prefix", "\(prefix)")] + (description.map { [("description", $0)] } ?? [])
  }
}
