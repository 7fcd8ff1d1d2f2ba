import Simulation

/// What a number of seeds amounted to, for people.
struct Report {
  let figures: Figures
  let seeds: UInt64
  let time: Duration

  var text: String {
    let seconds = time / .seconds(1)
    return """
      \(seeds) seeds, no violation, \(rounded(seconds)) s (\(rounded(Double(seeds) / seconds)) \
      seeds/s), \(figures.seconds / 3600) h of virtual time
      \(figures.events) events, \(figures.frames) frames, \(figures.advertisements) answers and \
      \(figures.solicitations) questions of gateways
      \(figures.obligations) questions had to be answered in time, and were, \
      \(figures.secondHandObligations) of them by way of another gateway; where frames were \
      lost, \(figures.unmetLossyObligations) of \(figures.lossyObligations) were not (at most \
      \(rounded(figures.expectedUnmet)) expected)
      \(figures.renewals) targets answered a question once asked; kernels knew \
      \(figures.kernelAnswers) targets when asked and told \(figures.kernelNews) news
      \(figures.defences) defences against duplicates, \(figures.garbage) frames of garbage, \
      \(figures.wellFormedGarbage) of them well-formed
      """
  }

  private func rounded(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
