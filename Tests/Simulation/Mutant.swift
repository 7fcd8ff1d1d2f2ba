/// A mistake that a proxy could make, put around a right engine.
///
/// The simulation has to find each.
package enum Mutant: String, CaseIterable, Sendable {
  /// Answers for targets that a rule excludes.
  case answersExcluded
  /// Answers for targets that no rule covers.
  case answersUncovered
  /// Answers for its own addresses as well as the kernel.
  case answersOwnAddress
  /// Answers for ever for whatever once was there.
  case neverForgets
  /// Goes on to answer by a route that is gone.
  case ignoresRouteChanges
  /// Takes what another proxy says for the target's own word.
  case believesHearsay
  /// Takes an advertisement for confirmation that nobody asked for.
  case believesUnsolicited
  /// Ignores unicast solicitations, as ndppd 0.2.5 does.
  case ignoresUnicast
  /// Serves only the first of several askers, as ndppd 0.2.5 does.
  case servesFirstAsker
  /// Defends a target against duplicate detection from memory.
  case defendsFromCache
  /// Defends whatever the key `dad` says.
  case defendsAlways
  /// Asks again after 300 ms.
  case asksTooSoon
  /// Asks back out of the interface of the question.
  case asksBackwards
  /// Asks eight times as often for strangers as its limit says.
  case exceedsSolicitationLimit
  /// Answers more often than its limit says.
  case exceedsAdvertisementLimit
  /// Looks up more routes than its limit says.
  case exceedsLookupLimit
  /// Keeps more sessions than its limit says.
  case exceedsSessionLimit
  /// Lets more askers wait than its limit says.
  case exceedsAskerLimit
  /// Shares its limit of solicitations with nobody: whoever comes first is served.
  case servesScannerFirst
  /// Says now and then that it is no router.
  case flipsRouter
  /// Insists on its answers (RFC 4861 §7.2.8).
  case setsOverride
  /// Sets the Solicited flag towards all nodes.
  case solicitedToAllNodes
  /// Answers each question twice.
  case answersTwice
  /// Forgets its link-layer address's change.
  case missesNewLinkLayerAddress
  /// Misses that an interface is gone.
  case missesRemovedInterface
  /// Gets one checksum in twenty wrong.
  case breaksChecksum
  /// Wants to be woken at once, always.
  case spins
  /// Asks for ever for whatever once was there.
  case neverQuiet
  /// Throws away answers without option and Override flag: how hosts answer by unicast.
  case rejectsAnswersWithoutOverride
  /// Takes a station for itself that has an address of another interface of its own.
  case comparesAddressesAcrossLinks
  /// Asks once more though the target has answered.
  case probesAnswered
  /// Has each of several proxies ask by itself for what another has just asked for.
  case asksTogether
  /// Asks though the kernel knows that the target is there.
  case ignoresTheKernel
  /// Believes whoever claims a target first, and hears nobody else.
  case believesFirstClaim
  /// Cares for rule interfaces only, whoever has a target on the link of the question.
  case overlooksProxyLink
  /// Sends answers where the question wants them, wherever it came from.
  case answersAnywhere
  /// Gives each target that answers a host route, however many one neighbor has.
  case sharesNoRoutes
  /// Moves a host route to whoever claims the target while its owner is probed.
  case movesWhileProbing
  /// Answers only those who asked last, where more wait than may.
  case servesLatecomers
  /// Has its kernel answer for targets that are not published any more.
  case answersWithdrawn

  /// Whether its mistake is the kernel's, so that kernels answer.
  var answersInKernel: Bool { self == .answersWithdrawn }

  /// What it violates; the simulation has to see it for what it is.
  package var violated: [Invariant] {
    switch self {
    case .answersExcluded, .answersUncovered, .answersOwnAddress: [.coverage]
    case .neverForgets: [.evidence, .answersOnly, .coverage]
    case .ignoresRouteChanges, .believesHearsay, .believesUnsolicited: [.evidence]
    case .ignoresUnicast, .servesFirstAsker, .servesScannerFirst: [.liveness, .firstContact]
    case .defendsFromCache, .defendsAlways: [.duplicateDetection, .answersOnly]
    case .asksTooSoon, .asksTogether: [.spacing]
    case .asksBackwards: [.direction]
    case .exceedsSolicitationLimit, .exceedsAdvertisementLimit, .exceedsLookupLimit,
      .exceedsSessionLimit, .exceedsAskerLimit, .sharesNoRoutes:
      [.limits]
    case .flipsRouter, .setsOverride, .solicitedToAllNodes, .missesNewLinkLayerAddress,
      .breaksChecksum:
      [.form]
    case .answersTwice: [.answersOnly]
    case .missesRemovedInterface: [.interface, .liveness, .form]
    case .spins: [.spin]
    case .neverQuiet: [.quiet]
    case .rejectsAnswersWithoutOverride, .ignoresTheKernel: [.economy]
    case .probesAnswered: [.economy, .spacing]
    case .comparesAddressesAcrossLinks: [.liveness]
    case .believesFirstClaim, .overlooksProxyLink: [.integrity]
    case .movesWhileProbing: [.integrity, .limits]
    case .servesLatecomers: [.liveness, .firstContact]
    case .answersAnywhere: [.answersOnly]
    case .answersWithdrawn: [.evidence]
    }
  }
}
