import Inspection
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

/// The engine with three links and a virtual clock, for what only events show: interfaces that
/// come and go, routes, counters.
final class EngineTrial {
  private var engine: Engine
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private var emitted: [EmittedFrame] = []
  /// What a lookup finds; anything else is unreachable.
  var routes: [IPv6Address: Route] = [:]
  /// What the user would be told.
  private(set) var reports: [Action] = []

  /// Throws a `Mismatch` unless the configuration is without error.
  init(_ configuration: String, interfaces: [Interface]? = nil) throws {
    let result = ConfigurationParser.parse(Array(configuration.utf8), fileName: "row.conf")
    guard let parsed = result.configuration else {
      throw Mismatch("the configuration is refused: \(configuration)")
    }
    engine = Engine(ruleset: parsed.ruleset, limits: parsed.limits)
    handle(.interfacesRead(interfaces ?? Side.allCases.map(\.usualInterface)))
  }

  /// What was counted so far.
  var counters: Counters { engine.counters }
  /// Targets known or being asked for.
  var sessionCount: Int { engine.sessionCount }

  /// Has a frame arrive at an interface, well-formed or not.
  func send(_ octets: [UInt8], on side: Side = .up) {
    do throws(DropReason) {
      switch try NeighborDiscoveryFrame(decoding: octets.span.bytes) {
      case .solicitation(let frame): handle(.solicitation(frame, on: side.engineIndex))
      case .advertisement(let frame): handle(.advertisement(frame, on: side.engineIndex))
      }
    } catch {
      handle(.malformed(error))
    }
  }

  /// Has a station on a link ask for a target.
  func ask(_ target: IPv6Address, by asker: Station = .asker, on side: Side = .up) {
    send(Stimulus(from: asker, for: target).octets, on: side)
  }

  /// Has the owner of a target answer the proxy's last question, or one by multicast.
  func claim(_ target: IPv6Address, on side: Side = .down) {
    let answer = questions(target, on: side).last.map { Station.owner.answer(to: $0) }
    send(answer ?? Advertisement(from: .owner, of: target, on: side).octets, on: side)
  }

  func handle(_ event: Event) {
    var actions: [Action] = []
    engine.handle(event, now: now, into: &actions)
    perform(actions)
  }

  /// Lets time pass, stopping at every deadline on the way.
  func wait(_ duration: Duration) {
    let end = now + duration
    while let deadline = engine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      var actions: [Action] = []
      engine.handleTimeout(now: now, into: &actions)
      perform(actions)
    }
    now = end
  }

  /// The questions that were asked, for one target or any, in order.
  func questions(_ target: IPv6Address? = nil, on side: Side = .down) -> [EmittedFrame] {
    messages(135, target, on: side)
  }

  /// The answers that were given, about one target or any, in order.
  func answers(_ target: IPv6Address? = nil, on side: Side = .up) -> [EmittedFrame] {
    messages(136, target, on: side)
  }

  private func messages(
    _ type: UInt8, _ target: IPv6Address?, on side: Side
  ) -> [EmittedFrame] {
    emitted.filter {
      $0.side == side && $0.message?.first == type && (target == nil || $0.target == target)
    }
  }

  private func perform(_ actions: [Action]) {
    for action in actions {
      switch action {
      case .advertise(let frame, let index): emit(on: index) { frame.encode(into: &$0) }
      case .solicit(let frame, let index): emit(on: index) { frame.encode(into: &$0) }
      case .lookUpRoute(let target, let index):
        handle(.route(routes[target] ?? .unreachable, to: target, from: index))
      case .locate(let target, let index):
        handle(.located(.elsewhere, of: target, from: index))
      case .lookUpNeighbor(let target, let index):
        handle(.neighbor(nil, of: target, on: index))
      case .reportMissingSource, .reportConflict: reports.append(action)
      case .installHostRoute, .removeHostRoute, .offerNeighbor, .publish, .withdraw: break
      }
    }
  }

  private func emit(on index: InterfaceIndex, _ encode: (inout MutableRawSpan) -> Int) {
    var octets = [UInt8](repeating: 0xee, count: 128)
    var span = octets.mutableSpan
    var bytes = span.mutableBytes
    let length = encode(&bytes)
    guard let side = Side.allCases.first(where: { $0.engineIndex == index }) else { return }
    emitted.append(
      EmittedFrame(
        side: side, time: .nanoseconds(now.nanoseconds), octets: Array(octets.prefix(length))))
  }
}

extension Station {
  /// Who asks where it does not matter.
  static let asker = Station(row: 0xffe)
  /// Who has the targets where it does not matter.
  static let owner = Station(row: 0xffe, 14)
}

extension Side {
  /// The number by which the engine knows the interface in an `EngineTrial`.
  var engineIndex: InterfaceIndex {
    switch self {
    case .up: InterfaceIndex(2)
    case .down: InterfaceIndex(3)
    case .second: InterfaceIndex(4)
    }
  }

  /// The interface as an `EngineTrial` has it unless told otherwise.
  var usualInterface: Interface {
    Interface(
      index: engineIndex, name: rawValue, linkLayerAddress: linkLayerAddress, isUp: true,
      hasNeighborDiscovery: true,
      addresses: [
        .init(linkLocal, prefixLength: 64, state: .preferred),
        .init(global, prefixLength: prefixLength, state: .preferred),
      ])
  }
}
