/// One requirement, and how to find out whether a proxy meets it.
package struct Row: Sendable {
  /// A letter for the group of requirements and a number; P is for probes that compare proxies.
  package let id: String
  /// What is required, in a few words.
  package let requirement: String
  /// Where it comes from: `RFC 4861 §7.1.1`.
  package let reference: String
  /// How binding it is.
  package let level: Level
  /// Why we knowingly do something else than the reference has; the check is about what we do.
  package let deviation: String?
  /// What the kernel does with the same frames for an address of its own.
  package let kernel: Kernel
  /// How it is found out.
  package let check: Check

  package init(
    _ id: String, _ requirement: String, _ reference: String, _ level: Level,
    deviation: String? = nil, kernel: Kernel = .notAsked, _ check: Check
  ) {
    (self.id, self.requirement, self.reference) = (id, requirement, reference)
    (self.level, self.deviation, self.kernel, self.check) = (level, deviation, kernel, check)
  }

  /// How binding a requirement is: RFC 2119's words, or those of people who wrote proxies.
  package enum Level: String, Sendable {
    case must = "MUST"
    case should = "SHOULD"
    case may = "MAY"
    case recommended = "recommended"
    case robustness = "robustness"
    /// How the world is; nothing is required.
    case fact = "fact"
  }

  /// The kernel as a judge of whether a frame is to be answered.
  package enum Kernel: Sendable {
    /// The row is not about frames that the kernel judges in the same way.
    case notAsked
    /// It answers what we answer, and nothing else.
    case agrees
    /// It knowingly does not, for this reason.
    case differs(String)
  }
}

/// How a requirement is found to be met.
package enum Check: Sendable {
  /// Frames in and frames out, on the engine and on running daemons; see `Trial`.
  case script(Setup, @Sendable (Trial) async throws -> Void)
  /// Something with a network of its own, for one daemon after the other.
  case lab(@Sendable (Program) async throws -> Void)
  /// Something that shows in the decoder or the engine only; ndppd has no part in it.
  case inside(@Sendable () throws -> Void)
  /// Both: without a kernel, and in a network of its own.
  case insideAndLab(
    @Sendable () throws -> Void, @Sendable (Program) async throws -> Void)
  /// Not found out here, for this reason.
  case notRun(String)

  /// What is to be done in a network of its own.
  var lab: (@Sendable (Program) async throws -> Void)? {
    switch self {
    case .lab(let body), .insideAndLab(_, let body): body
    case .script, .inside, .notRun: nil
    }
  }
}

/// What a check throws that found something else than is required.
package struct Mismatch: Error, CustomStringConvertible {
  /// What was seen, in a few words: `silent`, `answers`.
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Throws a `Mismatch` that tells of `observation` unless the condition holds.
package func require(_ condition: Bool, _ observation: @autoclosure () -> String) throws(Mismatch) {
  if !condition { throw Mismatch(observation()) }
}
