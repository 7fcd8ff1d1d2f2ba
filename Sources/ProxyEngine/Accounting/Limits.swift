import ProxyModel

/// The bounds of the engine that no configuration changes, each with its overflow policy.
extension Limits {
  /// Entries that the kernel's neighbor cache gets of us in a second; more are left to the kernel.
  ///
  /// It has room for 1024 by default, and drops what nobody uses after five seconds.
  static let neighborOffersPerSecond = 20

  /// Neighbors of proxy interfaces that are known to be there, for their questions to count more.
  static let acquaintances = 64

  /// Solicitations per second from addresses that are not on the link; then they are dropped.
  static let offLinkSolicitationsPerSecond = 1000

  /// How long whoever has an address on the link of the proxy has to say so, where the kernel's
  /// route leads there, before a member of another link gets it.
  static let upstreamPatience: Duration = .milliseconds(200)

  /// How long other stations than the first have to claim a target, where the kernel is to get a
  /// route to it and a rule names several interfaces.
  static let claimPatience: Duration = .milliseconds(100)

  /// How many host routes a neighbor has at least that makes room for others.
  static let evictionCrowd = 4

  /// How many sessions are looked at to find one that has to go.
  static let evictionSample = 64

  /// How many sessions are spared, one after the other, because the kernel has just answered for
  /// them; then one goes that it may have answered for.
  static let evictionChances = 4

  /// How many more sessions there may be than the limit, while the kernel is asked whether it has
  /// answered for those that have to go; then one goes at once.
  static let leavingSessions = 64

  /// Host routes by way of one neighbor: the eighth part of all sessions, and this many at least;
  /// more are not installed.
  static let hostRouteShare = 64

  /// On how many interfaces of a rule one question is put at the least.
  ///
  /// A rule may match more: then each of `roundsForAllInterfaces` questions goes to others, so that
  /// all have been asked when a router gives up.
  static let interfacesPerQuestion = 64

  /// Frames per second by which questions are put on more interfaces than that; then a question
  /// goes to `interfacesPerQuestion`, those whose turn it is.
  static let questionFramesPerSecond = 40_000

  /// How many questions it takes at the most to ask on all interfaces of a rule: as often as a
  /// router asks (MAX_MULTICAST_SOLICIT, RFC 4861 §10).
  static let roundsForAllInterfaces = 3

  /// How long after an interface came up frames on its link may still get lost.
  ///
  /// Bridges learn, and virtual networks pass on who listens to which group. Until then a silent
  /// target is asked for again with the next solicitation instead of after `deadtime`.
  static let settlingTime: Duration = .seconds(15)

  /// How long the kernel is believed at once that a target of ours is there, or being probed.
  static let kernelTrust: Duration = .seconds(10)

  /// How long ago the kernel may have had a target confirmed, where `ttl` is not longer.
  ///
  /// Its own limit is 45 s (RFC 4861 §6.3.2: 1.5 times REACHABLE_TIME).
  static let kernelMemory: Duration = .seconds(60)

  /// Interfaces that have counters of their own; then those that are gone lose theirs, and others
  /// are counted in the total alone.
  static let countedInterfaces = 256

  /// Targets that are remembered to have been solicited, or as many as there may be sessions; then
  /// the one that was not solicited for the longest is forgotten.
  static let rememberedTargets = 16_384

  /// How often a target is asked for at a take-over for which `max-solicitations` has no room; then
  /// it is left out.
  static let refusedAnnouncements = 30

  /// Targets found just now that wait to be announced; more are not announced.
  static let urgentAnnouncements = 4096

  /// How long it may take to announce all targets of a proxy; where they are many, the later rounds
  /// are for the first of them.
  static let announcementTime: Duration = .seconds(28)

  /// Stations that are reported to advertise our targets; more are only counted.
  static let reportedGateways = 16

  /// How often a condition may fail within `flapWindow` and count at once when it holds again.
  package static let toleratedFailures = 5

  /// How long a failure of a condition is held against it.
  package static let flapWindow: Duration = .seconds(60)

  /// How long a condition that fails too often must hold to count.
  package static let flapPenalty: Duration = .seconds(10)

  /// Proxies on which it is explained what becomes of a question; of more, the first.
  static let explainedProxies = 16

  /// Targets that were given up and are remembered; then the oldest is not any more.
  static let rememberedFailures = 256

  /// How long a target that was confirmed is preferred to strangers after its `ttl`.
  static let staleLifetime: Duration = .seconds(600)

  /// How long after our question for a target one on the same interface is taken for its echo.
  ///
  /// Another proxy passes it on at once; hosts ask again, so that one in error loses a second.
  static let echoWindow: Duration = .milliseconds(100)

  /// How long after a host began to detect duplicates an answer is still of use to it.
  ///
  /// It waits RetransTimer, 1 s (RFC 4862 §5.4); the way back needs some of that.
  static let duplicateDetectionWindow: Duration = .milliseconds(700)
}
