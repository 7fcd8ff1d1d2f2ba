import Simulation
import Testing

struct SimulationTests {
  /// `make simulate SEEDS=10000` plays more of them.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `ten worlds keep every promise`(part: UInt64) {
    for seed in part * 10..<part * 10 + 10 {
      let outcome = Simulation.run(seed: seed)
      #expect(outcome.violation == nil, "\(outcome.report)")
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `so do worlds in which kernels answer`(part: UInt64) {
    for seed in part * 10..<part * 10 + 10 {
      let outcome = Simulation.run(seed: seed, answersInKernel: true)
      #expect(outcome.violation == nil, "\(outcome.report)")
    }
  }

  @Test(arguments: Topology.allCases)
  func `so do worlds of every layout`(topology: Topology) {
    for seed in 1000..<1005 as Range<UInt64> {
      let outcome = Simulation.run(seed: seed, topology: topology)
      #expect(outcome.violation == nil, "\(outcome.report)")
    }
  }

  @Test func `the same seed gives the same world`() {
    for seed in 0..<5 as Range<UInt64> {
      let first = Simulation.run(seed: seed)
      let second = Simulation.run(seed: seed, keepsTrace: true)
      #expect(first.hash == second.hash, "seed \(seed)")
      #expect(first.figures == second.figures, "seed \(seed)")
    }
    #expect(Simulation.run(seed: 1).hash != Simulation.run(seed: 2).hash)
  }

  @Test func `worlds are not empty`() {
    var figures = Figures()
    for seed in 0..<40 as Range<UInt64> { figures += Simulation.run(seed: seed).figures }
    #expect(figures.programAnswers == 0)
    var inKernel = Figures()
    for seed in 0..<20 as Range<UInt64> {
      inKernel += Simulation.run(seed: seed, answersInKernel: true).figures
    }
    #expect(inKernel.programAnswers > 100)
    #expect(figures.obligations > 400)
    #expect(figures.secondHandObligations > 0)
    #expect(figures.advertisements > 1000)
    #expect(figures.defences > 0)
    #expect(figures.wellFormedGarbage > 0)
    #expect(figures.renewals > 300)
    #expect(figures.kernelAnswers > 100)
    #expect(figures.kernelNews > 100)
    // Where frames are lost, no more go unanswered than the loss explains.
    #expect(figures.lossyObligations > 200)
    #expect(Double(figures.unmetLossyObligations) < figures.expectedUnmet)
  }
}
