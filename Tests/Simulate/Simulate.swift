import ArgumentParser
import Simulation

@main
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plays seeded worlds around the engine, and checks what must hold in them.",
    subcommands: [FramesCommand.self])

  @Option(help: "How many seeds to play.")
  var seeds: UInt64 = 300

  @Option(help: "The first of them.")
  var first: UInt64 = 0

  @Option(help: "Play this seed alone, and print everything that happens.")
  var seed: UInt64?

  @Flag(help: "Print a hash of everything that happens in each seed, to compare two versions.")
  var hashes = false

  @Option(help: "Let gateways make this mistake.")
  var mutant: Mutant?

  @Option(help: "Lay out every world like this.")
  var topology: Topology?

  @Flag(help: "Let gateways answer plain questions in their kernels.")
  var inKernel = false

  /// How many seeds are played at once; they know nothing of each other.
  private static let batch: UInt64 = 50
  private static let jobs: UInt64 = 4

  func run() async throws {
    if let seed { return try replay(seed) }
    if hashes {
      for seed in first..<first + seeds {
        print(seed, play(seed).hash)
      }
      return
    }
    let clock = ContinuousClock()
    let start = clock.now
    var figures = Figures()
    for round in stride(from: first, to: first + seeds, by: Int(Self.batch * Self.jobs)) {
      for result in await play(round) {
        figures += result.figures
        if let failure = result.failure { throw report(failure) }
      }
    }
    print(Report(figures: figures, seeds: seeds, time: clock.now - start).text)
  }

  /// What a run of seeds amounted to, up to the first that failed.
  private struct Result {
    let first: UInt64
    var figures = Figures()
    var failure: Simulation.Outcome?
  }

  private func play(_ round: UInt64) async -> [Result] {
    await withTaskGroup(of: Result.self) { group in
      for job in 0..<Self.jobs {
        let start = round + job * Self.batch
        let end = min(start + Self.batch, first + seeds)
        guard start < end else { continue }
        group.addTask { play(start..<end) }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted { $0.first < $1.first }
    }
  }

  private func play(_ seeds: Range<UInt64>) -> Result {
    var result = Result(first: seeds.lowerBound)
    for seed in seeds {
      let outcome = play(seed)
      result.figures += outcome.figures
      if outcome.violation != nil {
        result.failure = outcome
        return result
      }
    }
    return result
  }

  private func play(_ seed: UInt64, keepsTrace: Bool = false) -> Simulation.Outcome {
    Simulation.run(
      seed: seed, topology: topology, mutant: mutant, answersInKernel: inKernel,
      keepsTrace: keepsTrace)
  }

  private func report(_ failure: Simulation.Outcome) -> ExitCode {
    print(failure.report)
    var call = "make simulate SEED=\(failure.seed)"
    if let mutant { call += " MUTANT=\(mutant.rawValue)" }
    if let topology { call += " TOPOLOGY=\(topology.rawValue)" }
    if inKernel { call += " KERNEL=1" }
    print("replay with: \(call)")
    return ExitCode(1)
  }

  private func replay(_ seed: UInt64) throws {
    let outcome = play(seed, keepsTrace: true)
    for line in outcome.trace { print(line) }
    print("hash \(String(outcome.hash, radix: 16))")
    if let violation = outcome.violation {
      print("seed \(seed): violated: \(violation)")
      throw ExitCode(1)
    }
  }
}

extension Mutant: ExpressibleByArgument {}
extension Topology: ExpressibleByArgument {}
