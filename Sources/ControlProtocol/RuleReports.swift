package import JSONText
package import NDPWire

/// What came of disabling or enabling a rule.
package struct RuleSwitchReport: ReplyPart, Equatable, Sendable {
  /// The rule's targets.
  package let prefix: IPv6Prefix
  /// The proxies that have a rule for just this prefix.
  package let proxies: [String]
  /// Whether it is in force now.
  package let isEnabled: Bool
  /// Whether it was otherwise before.
  package let isChanged: Bool

  package init(prefix: IPv6Prefix, proxies: [String], isEnabled: Bool, isChanged: Bool) {
    self.prefix = prefix
    self.proxies = proxies
    self.isEnabled = isEnabled
    self.isChanged = isChanged
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("prefix", prefix)
      $0.member("proxies", proxies)
      $0.member("isEnabled", isEnabled)
      $0.member("isChanged", isChanged)
    }
  }
}

/// A rule with what was counted of it.
package struct RuleReport: ReplyPart, Equatable, Sendable {
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

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("proxy", proxy)
      $0.member("prefix", prefix)
      $0.member("methods", methods)
      $0.member("questions", questions)
      $0.member("answers", answers)
      $0.member("answersInKernel", answersInKernel)
      $0.member("description", description)
      $0.member("isDisabled", isDisabled)
    }
  }
}

/// Some of the rules.
package struct RulePage: ReplyPart, Equatable, Sendable {
  /// Them, in the order of the configuration, each proxy's exclusions last.
  package let rules: [RuleReport]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(rules: [RuleReport], next: Int?) {
    self.rules = rules
    self.next = next
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("rules", rules)
      $0.member("next", next)
    }
  }
}
