import LinuxNet
import LinuxSurvey
package import NDPWire
import ProxyModel

/// A packet that the kernel is asked about, and where it would send it.
package struct RouteQuestion: Hashable, Sendable {
  /// Where it is for.
  package var destination: IPv6Address
  /// Where it is from; `nil` is a source that is not known yet.
  package var source: IPv6Address?
  /// The interface that it comes in by; `nil` for a packet of this host itself.
  package var interface: Int32?

  package init(to destination: IPv6Address, from source: IPv6Address?, enteringBy index: Int32?) {
    self.destination = destination
    self.source = source
    interface = index
  }

  /// A packet from somewhere outside to an address of a rule.
  static func inward(_ address: IPv6Address, enteringBy index: Int32?) -> RouteQuestion {
    RouteQuestion(to: address, from: outside, enteringBy: index)
  }

  /// A packet from an address of a rule to somewhere outside; `nil` is a member on this host.
  static func outward(_ address: IPv6Address, enteringBy index: Int32?) -> RouteQuestion {
    RouteQuestion(to: outside, from: address, enteringBy: index)
  }

  /// A packet of this host to somewhere outside.
  static let ownOutward = RouteQuestion(to: outside, from: nil, enteringBy: nil)

  /// Somebody far away.
  static let outside = IPv6Address("2001:4860:4860::8888")!
}

/// Where a packet for an address of a rule goes when it has come in on the proxy interface.
enum Course: Hashable {
  /// To this interface, which is another than the proxy's.
  case inside(Int32)
  /// Back out of the proxy interface.
  case back
  /// To this other interface, by the default route: to the outside, and not to members.
  case onward(Int32)
  /// To this host itself.
  case own
  /// Through an IPsec policy.
  case transformed
  /// A route or a policy of this kind drops it.
  case refused(String)
  /// There is no route.
  case nothing
  /// The kernel was not asked, or has not said.
  case unknown
}

/// A part of a rule whose addresses all take one way.
struct RuleWay {
  let placed: PlacedRule
  /// The part: the prefix of a route or of a policy inside the rule, or the rest of the rule.
  let part: IPv6Prefix
  /// An address of the part, in no longer part of the rule.
  let sample: IPv6Address
  let course: Course

  /// The interface behind which its members are.
  var inside: Int32? { if case .inside(let index) = course { index } else { nil } }

  /// Whether it is all of the rule that no part of its own has.
  var isRest: Bool { part == placed.rule.prefix }

  /// Whether something is there to which an answer leads.
  var leadsSomewhere: Bool {
    switch course {
    case .inside, .own, .transformed: true
    case .back, .onward, .refused, .nothing, .unknown: false
    }
  }
}

extension HostPicture {
  /// Where a packet for an address goes that came in on a proxy interface.
  func course(to address: IPv6Address, enteringBy proxy: Int32?) -> Course {
    let policies = (try? self.policies.get()) ?? []
    let policy = policies.first {
      $0.destination.contains(address)
        && ($0.source.contains(RouteQuestion.outside)
          || onLinkPrefixes(of: proxy ?? 0).contains(where: $0.source.overlaps))
    }
    switch policy?.verdict {
    case .transform?: return .transformed
    case .block?: return .refused("an IPsec policy that blocks")
    case .pass?, nil: break
    }
    switch decisions[.inward(address, enteringBy: proxy)] {
    case nil: return .unknown
    case .nothing?: return .nothing
    case .refused(let type)?: return .refused(type.rawValue)
    case .route(let route)?:
      if route.type == .local { return .own }
      if route.type != .unicast { return .unknown }
      guard let index = route.interface else { return .nothing }
      if index == proxy { return .back }
      return isDefault(route, to: address) ? .onward(index) : .inside(index)
    }
  }
}

extension HostPicture {
  /// Whether a packet goes there only because everything does.
  fileprivate func isDefault(_ decision: RouteEntry, to address: IPv6Address) -> Bool {
    guard let gateway = decision.gateway,
      case .route(let everything)? = decisions[.ownOutward], everything.gateway == gateway,
      everything.interface == decision.interface
    else { return false }
    return !routes.contains {
      !$0.destination.isOutsideAll && $0.destination.contains(address)
        && $0.interface == decision.interface && $0.gateway == gateway
    }
  }
}

/// The parts of a rule that routes and IPsec policies make, each with an address to ask about.
struct RuleParts {
  /// The parts and an address of each, the rest of the rule first.
  let samples: [(part: IPv6Prefix, address: IPv6Address)]

  /// Divides a rule.
  ///
  /// Of parts that lead the same way only a few are taken. An own address of this host, and what
  /// the rule excludes, is no sample. Costs the number of routes that overlap with the rule.
  init(of placed: PlacedRule, on picture: HostPicture) {
    let rule = placed.rule
    let policies = (try? picture.policies.get()) ?? []
    var places: [IPv6Prefix: Way] = [:]
    for route in picture.routes where Self.isPart(route, of: rule.prefix) {
      places[route.destination] = Way(
        type: route.type.rawValue, interface: route.interface, gateway: route.gateway)
    }
    for policy in policies where rule.prefix.contains(policy.destination) {
      places[policy.destination] = Way(type: "policy", interface: nil, gateway: nil)
    }
    places[rule.prefix] = nil
    let lengths = Set(places.keys.map(\.length)).sorted()
    let own = Set(picture.addresses.map(\.assigned.address))
    let excluded = rule.excluded + placed.longer
    let isFree = { (address: IPv6Address, part: IPv6Prefix) in
      !own.contains(address) && !excluded.contains { $0.contains(address) }
        && !lengths.contains {
          $0 > part.length && places[IPv6Prefix(address, length: $0)] != nil
        }
    }
    var found: [(IPv6Prefix, IPv6Address)] = []
    if let address = rule.prefix.candidates.first(where: { isFree($0, rule.prefix) }) {
      found.append((rule.prefix, address))
    }
    var taken: [Way: Int] = [:]
    // The shortest first, for they are most of the rule.
    for part in places.keys.sorted(by: {
      ($0.length, $0.address.bits) < ($1.length, $1.address.bits)
    }) {
      guard let way = places[part], taken[way, default: 0] < Self.partsOfOneWay,
        found.count < Self.limit,
        let address = part.candidates.first(where: { isFree($0, part) })
      else { continue }
      taken[way, default: 0] += 1
      found.append((part, address))
    }
    samples = found.map { (part: $0.0, address: $0.1) }
  }

  /// What makes two parts the same to who asks where they lead.
  private struct Way: Hashable {
    let type: String
    let interface: Int32?
    let gateway: IPv6Address?
  }

  /// How many parts are looked at that lead the same way.
  private static let partsOfOneWay = 4

  /// How many parts of a rule are looked at.
  private static let limit = 64

  private static func isPart(_ route: RouteEntry, of prefix: IPv6Prefix) -> Bool {
    let destination = route.destination
    return route.type != .other && prefix.contains(destination) && destination.length > 0
      && !destination.address.isLinkLocal && !destination.address.isMulticast
  }
}

extension IPv6Prefix {
  /// Addresses of it to ask about, the best first: not its first, and spread over all of it.
  ///
  /// Of a prefix that is wider than what is in use (2000::/3), addresses of that.
  var candidates: [IPv6Address] {
    if length == 128 { return [address] }
    let inUse = IPv6Prefix("2000::/3")!
    let base = length < inUse.length && contains(inUse) ? inUse : self
    let size = UInt128(1) << (128 - max(1, base.length))
    guard size > 16 else {
      return (1..<size).map { IPv6Address(bits: base.address.bits | $0) } + [base.address]
    }
    // A multiplier that is odd goes through all of a power of two, in no order.
    let scattered = (1...32 as ClosedRange<UInt128>).map {
      ($0 &* 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835 &+ 0x11) & (size - 1)
    }
    let offsets: [UInt128] = [16, size / 2 + 1, size - 2] + scattered
    return offsets.map { IPv6Address(bits: base.address.bits | $0) }
  }

  /// Whether there are addresses that belong to both.
  func overlaps(_ other: IPv6Prefix) -> Bool { contains(other) || other.contains(self) }
}
