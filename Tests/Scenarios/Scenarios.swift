import Conformance
import NDPWire
import NetworkLab

/// What a proxy must do, said once and played on every stage.
package struct Scenario: Sendable, CustomStringConvertible {
  /// What happens, in a few words.
  package let name: String
  /// What stands inside the rule for the members' prefix: those for which it holds.
  package let methods: [String]
  /// Asks, and throws a `Mismatch` where the answers are not the right ones.
  package let play: @Sendable (any Stage) async throws -> Void

  package var description: String { name }

  /// A configuration file with one rule.
  package static func configuration(_ method: String) -> String {
    """
    proxy eth0 {
      rule \(FoundingNetwork.insidePrefix) {
        \(method)
      }
    }
    """
  }
}

private let everyMethod = ["static", "iface zt0", "auto"]
private let askingMethods = ["iface zt0", "auto"]
private let member = FoundingNetwork.memberAddress(0)
private let second = FoundingNetwork.memberAddress(1)

extension Scenario {
  /// All of them.
  package static let all = [
    Scenario(name: "two members of one route", methods: everyMethod) { stage in
      for target in [member, second] {
        let question = Question(for: target)
        let seen = try await stage.ask(question, awaiting: 1)
        try require(seen, are: [[question.answer], []])
      }
    },

    Scenario(name: "two askers at once, target unknown", methods: everyMethod) { stage in
      let questions = [Question(router: 0, for: member), Question(router: 1, for: member)]
      let seen = try await stage.ask(questions[0], questions[1], awaiting: 2)
      try require(seen, are: questions.map { [$0.answer] })
    },

    Scenario(name: "two askers at once, target known", methods: everyMethod) { stage in
      let questions = [Question(router: 0, for: member), Question(router: 1, for: member)]
      _ = try await stage.ask(questions[0], awaiting: 1)
      let seen = try await stage.ask(questions[0], questions[1], awaiting: 2)
      try require(seen, are: questions.map { [$0.answer] })
    },

    Scenario(name: "an asker by unicast, target unknown", methods: everyMethod) { stage in
      let question = Question(for: member, isUnicast: true)
      let seen = try await stage.ask(question, awaiting: 1)
      try require(seen, are: [[question.answer], []])
    },

    Scenario(name: "an asker by unicast, target known", methods: everyMethod) { stage in
      _ = try await stage.ask(Question(router: 1, for: member), awaiting: 1)
      let question = Question(for: member, isUnicast: true)
      let seen = try await stage.ask(question, awaiting: 1)
      try require(seen, are: [[question.answer], []])
    },

    Scenario(name: "a dead target", methods: askingMethods) { stage in
      let question = Question(for: deadTarget)
      let first = try await stage.ask([question], awaiting: 0, within: .milliseconds(3500))
      try require(first, are: [[], []])
      let again = try await stage.ask(question, awaiting: 0)
      try require(again, are: [[], []])
      // A live one is not held up by it.
      let live = Question(for: member)
      let seen = try await stage.ask(live, awaiting: 1)
      try require(seen, are: [[live.answer], []])
    },

    Scenario(name: "a target outside the rule", methods: everyMethod) { stage in
      let outside = IPv6Address("2001:db8:1:0:fe::10")!
      let seen = try await stage.ask(Question(for: outside), awaiting: 0)
      try require(seen, are: [[], []])
    },

    Scenario(name: "duplicate detection of a live member", methods: askingMethods) { stage in
      let question = Question(whetherAnybodyHas: member)
      let seen = try await stage.ask(question, awaiting: 2)
      try require(seen, are: [[question.answer], [question.answer]])
    },

    Scenario(name: "duplicate detection of a free address", methods: everyMethod) { stage in
      let seen = try await stage.ask(Question(whetherAnybodyHas: deadTarget), awaiting: 0)
      try require(seen, are: [[], []])
    },

    Scenario(name: "the gateway's own address on zt0", methods: everyMethod) { stage in
      let question = Question(for: FoundingNetwork.insideGatewayAddress)
      let seen = try await stage.ask(question, awaiting: 1)
      try require(seen, are: [[question.answer], []])
    },
  ]
}

/// Throws unless the routers saw exactly these advertisements.
private func require(
  _ seen: [[EthernetFrame<NeighborAdvertisement>]],
  are expected: [[EthernetFrame<NeighborAdvertisement>]]
) throws(Mismatch) {
  try require(seen == expected, "seen \(seen), expected \(expected)")
}
