import NDPWire

/// Bends the faultless solicitation that it is given.
package typealias Bend = @Sendable (inout Stimulus) -> Void

/// Makes the faultless solicitation number so and so of a row.
package typealias Question = @Sendable (Trial, Int) -> Stimulus

extension Check {
  /// Each of these gets exactly one answer, octet by octet the one that is right for it.
  ///
  /// Every solicitation has a target of its own, and all are sent at once.
  package static func answers(
    _ bends: Bend..., to question: @escaping Question = plain, in setup: Setup = .usual
  ) -> Check {
    .script(setup) { trial in
      var questions: [Stimulus] = []
      for (index, bend) in bends.enumerated() {
        var question = question(trial, index)
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
  package static func silence(
    _ bends: Bend..., to question: @escaping Question = plain, in setup: Setup = .usual
  ) -> Check {
    .script(setup) { trial in
      for (index, bend) in bends.enumerated() {
        var question = question(trial, index)
        bend(&question)
        try await trial.send(question)
      }
      try await trial.expectSilence()
      try await trial.requireArrival()
      let controls = bends.indices.map { question(trial, $0) }
      for control in controls { try await trial.send(control) }
      try await trial.requireAnswers(to: controls, isControl: true)
    }
  }

  /// A solicitation gets one answer, of which the given is true; the rest of it does not matter.
  package static func answer(
    _ bend: @escaping Bend = { _ in }, to question: @escaping Question = plain,
    in setup: Setup = .usual, has property: @escaping @Sendable (EmittedFrame, Stimulus) -> Bool
  ) -> Check {
    .script(setup) { trial in
      var question = question(trial, 0)
      bend(&question)
      try await trial.send(question)
      let frames = try await trial.take(1)
      try require(frames.count == 1, difference(frames, from: [[]]))
      let expected = Advertisement(answering: question).octets
      try require(
        property(frames[0], question),
        difference(frames, from: [expected]))
    }
  }

  /// From a station's link-local address, for a target under the rule `static`.
  package static let plain: Question = { trial, index in
    Stimulus(from: trial.station(), for: trial.target(index))
  }

  /// A search for duplicates of addresses that have a static rule for just them.
  package static func duplicates(of singles: Int...) -> Question {
    { trial, index in
      var question = Stimulus(from: trial.station(), for: Setup.single(singles[index]))
      question.detectDuplicates()
      return question
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
      let answers = seen.filter { $0.target == question.target }
      let expected = [Advertisement(answering: question).octets]
      let what = difference(answers, from: expected)
      try require(
        same(answers, expected), isControl ? "\(what), even to a valid solicitation" : what)
    }
    try require(seen.count == questions.count, difference(seen, from: []))
    for side in [Side.down, .second] {
      let others = try await take(on: side)
      try require(others.isEmpty, difference(others, from: []))
    }
  }
}
