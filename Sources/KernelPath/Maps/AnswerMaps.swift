package import LinuxNet
package import NDPWire

/// A proxy interface, as the program in the kernel has to know it.
package struct AnswerLink: Equatable, Sendable {
  /// Its index.
  package let interface: UInt32
  /// Where frames for us go, and what answers say.
  package let linkLayerAddress: MACAddress
  /// The flag R of answers.
  package let isRouter: Bool
  /// The flag O.
  package let isOverride: Bool
  /// The source of answers towards link-local solicitors; `nil` leaves these to the daemon.
  package let linkLocalSource: IPv6Address?
  /// The prefixes that are on-link, and the source towards solicitors in each; `nil` leaves these
  /// to the daemon.
  package let places: [(prefix: IPv6Prefix, source: IPv6Address?)]
  /// Whether the target itself is the source.
  package let answersAsTarget: Bool
  /// Whether the program in the driver answers, too.
  package let answersEarly: Bool
  /// The interface's own addresses, each with the prefix that is on-link by it.
  package let addresses: [(address: IPv6Address, prefix: IPv6Prefix)]

  package init(
    interface: UInt32, linkLayerAddress: MACAddress, isRouter: Bool, isOverride: Bool,
    linkLocalSource: IPv6Address?, places: [(prefix: IPv6Prefix, source: IPv6Address?)],
    answersAsTarget: Bool,
    answersEarly: Bool = false, addresses: [(address: IPv6Address, prefix: IPv6Prefix)]
  ) {
    (self.interface, self.linkLayerAddress) = (interface, linkLayerAddress)
    (self.isRouter, self.isOverride) = (isRouter, isOverride)
    (self.linkLocalSource, self.places) = (linkLocalSource, places)
    (self.answersAsTarget, self.answersEarly) = (answersAsTarget, answersEarly)
    self.addresses = addresses
  }

  /// Whether answers are the same there.
  package static func == (one: AnswerLink, other: AnswerLink) -> Bool {
    one.interface == other.interface && one.linkLayerAddress == other.linkLayerAddress
      && one.isRouter == other.isRouter && one.isOverride == other.isOverride
      && one.linkLocalSource == other.linkLocalSource
      && one.places.elementsEqual(other.places, by: ==)
      && one.answersAsTarget == other.answersAsTarget && one.answersEarly == other.answersEarly
      && one.addresses.elementsEqual(other.addresses, by: ==)
  }
}

/// A rule, as the program in the kernel has to know it.
package struct AnswerRule: Equatable, Sendable {
  /// The targets.
  package let prefix: IPv6Prefix
  /// What becomes of questions for them.
  package let method: Method
  /// Where its answers are counted.
  package let position: Int

  /// What becomes of a question.
  package enum Method: Equatable, Sendable {
    /// Nothing in the kernel.
    case excluded
    /// It is answered.
    case `static`
    /// It is answered while the target is known to be there.
    case conditional
    /// The same, and while the kernel's route leads to an interface on which nobody can be asked.
    case routed
  }

  package init(_ prefix: IPv6Prefix, _ method: Method, countedAt position: Int) {
    (self.prefix, self.method, self.position) = (prefix, method, position)
  }
}

/// How much the maps have room for.
package struct AnswerCapacity: Sendable {
  /// Rules of all proxies together.
  package let rules: Int
  /// Targets that are known to be there.
  package let targets: Int
  /// Proxy interfaces.
  package static let links = 1024
  /// Addresses and prefixes of proxy interfaces.
  package static let places = 65_536
  /// Link-layer addresses of this host.
  package static let stations = 16_384
  /// Its IPv6 addresses, but for link-local ones.
  package static let addresses = 65_536
  /// Interfaces on which nobody can be asked.
  package static let tunnels = 16_384
  /// Octets of frames that the daemon is to take up.
  package static let handed = 1 << 18

  package init(rules: Int, targets: Int) { (self.rules, self.targets) = (rules, targets) }
}

/// What the program that answers in the kernel goes by.
package final class AnswerMaps {
  private let links: BPFMap<UInt32, LinkValue>
  private let places: BPFMap<PrefixKey, PlaceValue>
  private let stations: BPFMap<RawLinkLayerAddress, UInt32>
  private let rules: BPFMap<PrefixKey, RuleValue>
  private let targets: BPFMap<PrefixKey, TargetValue>
  private let answers: BPFMap<UInt32, UInt64>
  private let state: BPFMap<UInt32, StateValue>
  private let own: BPFMap<RawAddress, UInt32>
  private let tunnels: BPFMap<UInt32, UInt32>
  private let losses: BPFMap<UInt32, UInt64>
  private let trials: BPFMap<UInt32, TrialValue>
  /// Frames that the kernel's IPv6 does not get, for the daemon.
  package let handed: HandedFrames
  /// What the maps have, so that only differences are written.
  private var known: [UInt32: AnswerLink] = [:]
  private var knownAddresses: Set<IPv6Address> = []
  private var knownAnycast: Set<IPv6Address> = []
  private var knownState = StateValue()
  private let ruleCapacity: Int

  /// Makes empty maps, by which nothing is answered; throws `EPERM` without CAP_BPF.
  package init(_ capacity: AnswerCapacity) throws(SystemError) {
    ruleCapacity = max(1, capacity.rules)
    links = try BPFMap(.hash, named: "links", capacity: AnswerCapacity.links)
    places = try BPFMap(.longestPrefix, named: "places", capacity: AnswerCapacity.places)
    stations = try BPFMap(.hash, named: "stations", capacity: AnswerCapacity.stations)
    rules = try BPFMap(.longestPrefix, named: "rules", capacity: ruleCapacity)
    targets = try BPFMap(.hash, named: "targets", capacity: max(1, capacity.targets))
    answers = try BPFMap(.arrayPerProcessor, named: "answers", capacity: ruleCapacity)
    state = try BPFMap(.array, named: "state", capacity: 1)
    own = try BPFMap(.hash, named: "own", capacity: AnswerCapacity.addresses)
    tunnels = try BPFMap(.hash, named: "tunnels", capacity: AnswerCapacity.tunnels)
    losses = try BPFMap(.arrayPerProcessor, named: "losses", capacity: 1)
    trials = try BPFMap(.hash, named: "trials", capacity: AnswerCapacity.links)
    handed = HandedFrames(try BPFRing(named: "handed", size: AnswerCapacity.handed))
  }

  /// The descriptors of all maps, by their names in the program.
  var descriptors: [String: CInt] {
    [
      "links": links.descriptor, "places": places.descriptor, "stations": stations.descriptor,
      "rules": rules.descriptor, "targets": targets.descriptor, "answers": answers.descriptor,
      "state": state.descriptor, "own": own.descriptor, "losses": losses.descriptor,
      "tunnels": tunnels.descriptor, "trials": trials.descriptor, "handed": handed.ring.descriptor,
    ]
  }

  // MARK: Rules

  /// Adds the rules of a proxy interface.
  package func add(_ rules: [AnswerRule], on interface: UInt32) throws(SystemError) {
    for rule in rules {
      try self.rules.set(PrefixKey(rule.prefix, on: interface), to: RuleValue(rule))
    }
  }

  /// Removes rules of a proxy interface; what was counted of them stays.
  package func remove(_ rules: [AnswerRule], on interface: UInt32) throws(SystemError) {
    for rule in rules { try self.rules.remove(PrefixKey(rule.prefix, on: interface)) }
  }

  /// How often targets of a rule were answered for; `processors` is `PossibleProcessors.count`.
  package func answerCount(ofRule position: Int, processors: Int) throws(SystemError) -> UInt64 {
    try answers.values(UInt32(position), count: processors)?.reduce(0, &+) ?? 0
  }

  /// The same of all rules, by their positions.
  package func answerCounts(processors: Int) throws(SystemError) -> [UInt64] {
    try answers.sums(count: ruleCapacity, processors: processors)
  }

  /// How many frames for the daemon found no room.
  package func lossCount(processors: Int) throws(SystemError) -> UInt64 {
    try losses.values(0, count: processors)?.reduce(0, &+) ?? 0
  }

  // MARK: Interfaces

  /// Answers nothing on an interface until the next `update`.
  package func remove(_ interface: UInt32) throws(SystemError) {
    guard let link = known.removeValue(forKey: interface) else { return }
    try links.remove(interface)
    for prefix in Self.places(of: link).keys {
      try places.remove(PrefixKey(prefix, on: interface))
    }
  }

  /// Goes by these proxy interfaces, and by what is different about this host, from now on.
  ///
  /// An interface about which something is different answers nothing while that is written. Costs
  /// the number of proxy interfaces and of changes.
  package func update(
    _ newLinks: [AnswerLink], _ changes: HostChanges
  ) throws(SystemError) {
    var newer: [UInt32: AnswerLink] = [:]
    for link in newLinks where newer[link.interface] == nil { newer[link.interface] = link }
    for (interface, link) in known where newer[interface] != link { try remove(interface) }
    for (station, isThere) in changes.stations {
      try stations.set(RawLinkLayerAddress(station), isThere: isThere)
    }
    for (tunnel, isThere) in changes.tunnels { try tunnels.set(tunnel, isThere: isThere) }
    for (address, isThere) in changes.addresses {
      if isThere { knownAddresses.insert(address) } else { knownAddresses.remove(address) }
      try own.set(RawAddress(address), isThere: isThere || knownAnycast.contains(address))
    }
    // The anycast address of each prefix is the router's (RFC 4291 §2.6.1), but RFC 6164 §5.2.
    let anycast = Set(
      newLinks.flatMap { $0.addresses }.map { $0.prefix }.filter { $0.length < 127 }.map({
        $0.address
      }))
    for address in anycast.subtracting(knownAnycast) {
      try own.set(RawAddress(address), to: 1)
    }
    for address in knownAnycast.subtracting(anycast).subtracting(knownAddresses) {
      try own.remove(RawAddress(address))
    }
    knownAnycast = anycast
    for (interface, link) in newer where known[interface] == nil {
      for (prefix, place) in Self.places(of: link) {
        try places.set(PrefixKey(prefix, on: interface), to: place)
      }
      try links.set(interface, to: LinkValue(link))
      known[interface] = link
    }
  }

  /// From where answers come on an interface, by the prefix of the solicitor.
  ///
  /// Nobody else may use an address of the interface.
  private static func places(of link: AnswerLink) -> [IPv6Prefix: PlaceValue] {
    let linkLocal = IPv6Prefix(IPv6Address(bits: 0xfe80 << 112), length: 10)
    var places: [IPv6Prefix: PlaceValue] = [:]
    for (prefix, source) in link.places + [(linkLocal, link.linkLocalSource)] {
      places[prefix] = link.answersAsTarget ? .asTarget : PlaceValue(source)
    }
    for (address, _) in link.addresses { places[IPv6Prefix(address, length: 128)] = .left }
    return places
  }

  // MARK: Targets

  /// Has a target answered for until an instant of the clock that goes on while the host sleeps or,
  /// where it was found by routes, until others count.
  package func set(
    _ target: IPv6Address, on interface: UInt32, until end: UInt64, routesAt generation: UInt32?
  ) throws(SystemError) {
    try targets.set(
      PrefixKey(target, on: interface), to: TargetValue(until: end, routesAt: generation))
  }

  /// Has a target answered for no more; returns when it was last asked for since it was set, and
  /// how often, and `nil` where it was not set.
  package func take(
    _ target: IPv6Address, on interface: UInt32
  ) throws(SystemError) -> (asked: UInt64, count: UInt64)? {
    try targets.take(PrefixKey(target, on: interface)).map { ($0.asked, $0.count) }
  }

  // MARK: Tests of early answers

  /// Has the program in the driver make requests of the replies to an echo request with this
  /// identifier (`EarlyTest`).
  package func begin(_ test: EarlyTest, on interface: UInt32) throws(SystemError) {
    try trials.set(interface, to: TrialValue(test.identifier))
  }

  /// How far a test has come; `nil` where there is none.
  package func progress(ofTestOn interface: UInt32) throws(SystemError) -> EarlyTest.Progress? {
    try trials.value(interface).map { .init(turned: Int($0.turned), returned: Int($0.returned)) }
  }

  /// Ends a test.
  package func endTest(on interface: UInt32) throws(SystemError) { try trials.remove(interface) }

  // MARK: State

  /// Goes by targets that were found by these routes from now on, and by others no longer.
  package func setRouteGeneration(_ generation: UInt32) throws(SystemError) {
    var newer = knownState
    newer.routeGeneration = generation
    try set(newer)
  }

  /// Answers nothing while somebody watches, so that the daemon sees every question.
  package func setWatched(_ isWatched: Bool) throws(SystemError) {
    var newer = knownState
    newer.isWatched = isWatched ? 1 : 0
    try set(newer)
  }

  private func set(_ newer: StateValue) throws(SystemError) {
    guard newer != knownState else { return }
    try state.set(0, to: newer)
    knownState = newer
  }
}

extension BPFProgram {
  /// The program that answers by these maps.
  package convenience init(answeringBy maps: AnswerMaps) throws(Rejection) {
    try self.init(.answer, maps: maps.descriptors)
  }

  /// The program that does so in an interface's driver (Linux 5.18).
  package convenience init(answeringEarlyBy maps: AnswerMaps) throws(Rejection) {
    try self.init(.answerEarly, as: .early, maps: maps.descriptors)
  }
}
