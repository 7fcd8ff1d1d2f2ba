/// What runs amount to.
package struct Figures: Equatable, Sendable {
  /// Everything that happened, deliveries included.
  package var events = 0
  /// Frames put on links.
  package var frames = 0
  /// Advertisements of gateways.
  package var advertisements = 0
  /// Solicitations of gateways.
  package var solicitations = 0
  /// Solicitations that had to be answered within a bound.
  package var obligations = 0
  /// Those of them for targets that only another gateway could see.
  package var secondHandObligations = 0
  /// Those that a lossy link may excuse, and those of these that were not answered.
  package var lossyObligations = 0
  package var unmetLossyObligations = 0
  /// How many of these the loss explains, on average.
  package var expectedUnmet = 0.0
  /// Hosts that were told of a duplicate.
  package var defences = 0
  /// Questions of gateways that their targets answered, each once asked.
  package var renewals = 0
  /// What kernels knew when they were asked, and what they told of their own accord.
  package var kernelAnswers = 0
  package var kernelNews = 0
  /// Questions that programs in kernels answered.
  package var programAnswers = 0
  /// Times that a station gave up on a neighbor.
  package var unresolved = 0
  /// Frames of garbage, and those of them that were well-formed all the same.
  package var garbage = 0
  package var wellFormedGarbage = 0
  /// Claims of attackers.
  package var claims = 0
  /// Virtual time, in seconds.
  package var seconds: UInt64 = 0

  package init() {}

  package static func += (sum: inout Figures, more: Figures) {
    sum.events += more.events
    sum.frames += more.frames
    sum.advertisements += more.advertisements
    sum.solicitations += more.solicitations
    sum.obligations += more.obligations
    sum.secondHandObligations += more.secondHandObligations
    sum.lossyObligations += more.lossyObligations
    sum.unmetLossyObligations += more.unmetLossyObligations
    sum.expectedUnmet += more.expectedUnmet
    sum.defences += more.defences
    sum.renewals += more.renewals
    sum.kernelAnswers += more.kernelAnswers
    sum.kernelNews += more.kernelNews
    sum.programAnswers += more.programAnswers
    sum.unresolved += more.unresolved
    sum.garbage += more.garbage
    sum.wellFormedGarbage += more.wellFormedGarbage
    sum.claims += more.claims
    sum.seconds += more.seconds
  }
}
