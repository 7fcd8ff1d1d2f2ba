import NDPWire
import PrefixTrie

/// One step on the way from a question to its answer.
enum MicroStep: String, CaseIterable {
  /// Octets to a solicitation.
  case decode
  /// The sum over an advertisement and its pseudo-header; decode and encode have one each.
  case checksum
  /// The rule that covers a target, of one.
  case lookup
  /// A solicitation to an advertisement, by a static rule.
  case decide
  /// An advertisement to octets.
  case encode
  /// All of that.
  case answer

  /// What is measured of the wire: a question for each of some targets.
  private static let questions = (0..<64).map { EngineUnderTest.question(for: member($0)) }

  /// Does it so often, each time with another target; returns something that depends on all.
  func run(_ count: Int) -> Int {
    switch self {
    case .decode: decode(count)
    case .checksum: sum(count)
    case .lookup: lookUp(count)
    case .decide: decide(count)
    case .encode: encode(count)
    case .answer: answer(count)
    }
  }

  private var frames: [FrameOctets] { Self.questions.map { FrameOctets($0) } }

  private func decode(_ count: Int) -> Int {
    let frames = frames
    var sum = 0
    for index in 0..<count where (try? frames[index & 63].decoded()) != nil { sum += 1 }
    return sum
  }

  private func sum(_ count: Int) -> Int {
    let frames = frames
    let source = BenchLink.askerAddress
    var sum = 0
    for index in 0..<count {
      sum &+= Int(frames[index & 63].checksum(source: source, destination: member(index & 63)))
    }
    return sum
  }

  private func lookUp(_ count: Int) -> Int {
    var trie = PrefixTrie()
    trie[BenchLink.proxiedPrefix] = 1
    let targets = (0..<64).map(member)
    var sum = 0
    for index in 0..<count { sum += trie.longestMatch(targets[index & 63]) ?? 0 }
    return sum
  }

  private func decide(_ count: Int) -> Int {
    let engine = EngineUnderTest(.static)
    let questions = Self.questions
    var sum = 0
    for index in 0..<count { sum += engine.ask(questions[index & 63]) }
    return sum
  }

  private func encode(_ count: Int) -> Int {
    let engine = EngineUnderTest(.static)
    let answers = Self.questions.map { engine.answer(to: $0) }
    return encodeRepeatedly(count) { answers[$0 & 63] }
  }

  private func answer(_ count: Int) -> Int {
    let engine = EngineUnderTest(.static)
    let frames = frames
    return encodeRepeatedly(count) { index in
      guard case .solicitation(let question)? = try? frames[index & 63].decoded() else {
        fatalError("a solicitation of the benchmark is not decoded")
      }
      return engine.answer(to: question)
    }
  }
}
