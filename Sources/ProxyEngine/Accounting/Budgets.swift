import ProxyModel

/// How much the engine may do in a second, of each kind.
struct Budgets {
  /// Answers; `nil` where these are not limited.
  var advertisements: FairTokenBucket?
  /// Questions for targets.
  var solicitations: FairTokenBucket
  /// Questions for routes.
  var routeLookups: FairTokenBucket
  /// Solicitations from addresses that are not on the link.
  var offLinkSolicitations: FairTokenBucket
  /// Frames in which targets are asked for; each token is for `Limits.interfacesPerQuestion`.
  var questionFrames = TokenBucket(
    rate: Limits.questionFramesPerSecond / Limits.interfacesPerQuestion)
  /// Entries that the kernel's neighbor cache gets of us.
  var neighborOffers = TokenBucket(rate: Limits.neighborOffersPerSecond)
  private let seed: UInt64

  /// `seed` decides which stations share a part of a budget.
  init(_ limits: Limits, seed: UInt64) {
    self.seed = seed
    advertisements = limits.advertisementsPerSecond.map { FairTokenBucket(rate: $0, seed: seed) }
    solicitations = FairTokenBucket(rate: limits.solicitationsPerSecond, seed: seed)
    routeLookups = FairTokenBucket(rate: limits.routeLookupsPerSecond, seed: seed)
    offLinkSolicitations = FairTokenBucket(
      rate: Limits.offLinkSolicitationsPerSecond, seed: seed)
  }

  /// Takes an answer for a station if there is one for it.
  mutating func takeAdvertisement(for asker: Asker, now: Instant) -> Bool {
    advertisements?.take(for: asker.station, worth: asker.worth, now: now) ?? true
  }

  /// Goes by other limits; a budget whose limit stays is not filled up.
  mutating func change(from old: Limits, to new: Limits) {
    let full = Budgets(new, seed: seed)
    if old.advertisementsPerSecond != new.advertisementsPerSecond {
      advertisements = full.advertisements
    }
    if old.solicitationsPerSecond != new.solicitationsPerSecond {
      solicitations = full.solicitations
    }
    if old.routeLookupsPerSecond != new.routeLookupsPerSecond { routeLookups = full.routeLookups }
  }
}
