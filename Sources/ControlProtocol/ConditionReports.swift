package import JSONText
package import NDPWire

/// A condition of a proxy or a rule, and whether it is met.
package struct ConditionReport: ReplyPart, Equatable, Sendable {
  /// As the configuration has it, behind `require`.
  package let condition: String
  /// The proxy interface.
  package let proxy: String
  /// The rule's targets; `nil` where the proxy itself has the condition.
  package let prefix: IPv6Prefix?
  /// Whether it is met.
  package let isMet: Bool
  /// For how long it has been, or has not been, in milliseconds; `nil` where nothing was heard.
  package let ageMilliseconds: UInt64?
  /// When it became so, in milliseconds since 1970.
  package let changedMilliseconds: UInt64?
  /// How long it still has to hold to be met, in milliseconds, where it flaps.
  package let heldBackMilliseconds: UInt64?

  package init(
    condition: String, proxy: String, prefix: IPv6Prefix?, isMet: Bool, ageMilliseconds: UInt64?,
    changedMilliseconds: UInt64?, heldBackMilliseconds: UInt64?
  ) {
    self.condition = condition
    self.proxy = proxy
    self.prefix = prefix
    self.isMet = isMet
    self.ageMilliseconds = ageMilliseconds
    self.changedMilliseconds = changedMilliseconds
    self.heldBackMilliseconds = heldBackMilliseconds
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("condition", condition)
      $0.member("proxy", proxy)
      $0.member("prefix", prefix)
      $0.member("isMet", isMet)
      $0.member("ageMilliseconds", ageMilliseconds)
      $0.member("changedMilliseconds", changedMilliseconds)
      $0.member("heldBackMilliseconds", heldBackMilliseconds)
    }
  }
}

/// What came of setting a gate.
package struct GateReport: ReplyPart, Equatable, Sendable {
  /// Its name.
  package let name: String
  /// Whether it is on now.
  package let isOn: Bool
  /// Whether it was otherwise before.
  package let isChanged: Bool
  /// How long it will be before it counts, in milliseconds, where it flaps.
  package let heldBackMilliseconds: UInt64?

  package init(name: String, isOn: Bool, isChanged: Bool, heldBackMilliseconds: UInt64?) {
    self.name = name
    self.isOn = isOn
    self.isChanged = isChanged
    self.heldBackMilliseconds = heldBackMilliseconds
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("name", name)
      $0.member("isOn", isOn)
      $0.member("isChanged", isChanged)
      $0.member("heldBackMilliseconds", heldBackMilliseconds)
    }
  }
}

/// The last advertisement of another station for a target for which this gateway answered.
package struct OtherGatewayReport: ReplyPart, Equatable, Sendable {
  /// For how long it has been there, in milliseconds.
  package let ageMilliseconds: UInt64
  /// How long it came after what is in force had changed, in milliseconds; `nil` where it never
  /// has.
  package let settledMilliseconds: UInt64?

  package init(ageMilliseconds: UInt64, settledMilliseconds: UInt64?) {
    self.ageMilliseconds = ageMilliseconds
    self.settledMilliseconds = settledMilliseconds
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("ageMilliseconds", ageMilliseconds)
      $0.member("settledMilliseconds", settledMilliseconds)
    }
  }
}
