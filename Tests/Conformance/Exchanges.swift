/// Bends the faultless solicitation that it is given.
package typealias Bend = @Sendable (inout Stimulus) -> Void

extension Check {
  /// Each of these gets exactly one answer, octet by octet the one that is right for it.
  ///
  /// Every solicitation has a target of its own, and all are sent at once.
  package static func answers(_ bends: Bend..., in setup: Setup = .usual) -> Check {
    .script(setup) { trial in
      var questions: [Stimulus] = []
      for (index, bend) in bends.enumerated() {
        var question = Stimulus(from: trial.station(), for: trial.target(index))
        bend(&question)
        questions.append(question)
        try await trial.send(question)
      }
      try await trial.requireAnswers(to: questions)
      try await trial.requireArrival()
    }
  }

  /// Each of these gets no reaction at all on any link.
  ///
  /// To show that there was something to keep silent about, the same asker then asks for the same
  /// targets without fault, and is answered.
  package static func silence(_ bends: Bend..., in setup: Setup = .usual) -> Check {
    .script(setup) { trial in
      for (index, bend) in bends.enumerated() {
        var question = Stimulus(from: trial.station(), for: trial.target(index))
        bend(&question)
        try await trial.send(question)
      }
      try await trial.expectSilence()
      try await trial.requireArrival()
      let controls = bends.indices.map { Stimulus(from: trial.station(), for: trial.target($0)) }
      for control in controls { try await trial.send(control) }
      try await trial.requireAnswers(to: controls, isControl: true)
    }
  }
}

extension Trial {
  /// Throws unless each of these questions, which were sent, has its one right answer.
  package func requireAnswers(to questions: [Stimulus], isControl: Bool = false) async throws {
    var seen = try await take(questions.count)
    try await wait(isControl ? .zero : Self.silence)
    seen += try await take()
    for question in questions {
      let answers = seen.filter { frame in
        frame.message.map { $0.dropFirst(8).prefix(16) } == question.target.octets[...]
      }
      let expected = [Advertisement(answering: question).octets]
      let what = difference(answers, from: expected)
      try require(same(answers, expected), isControl ? "then \(what) without fault" : what)
    }
    let count = seen.count
    try require(count == questions.count, difference(seen, from: []))
    for side in [Side.down, .second] {
      let others = try await take(on: side)
      try require(others.isEmpty, difference(others, from: []))
    }
  }
}
