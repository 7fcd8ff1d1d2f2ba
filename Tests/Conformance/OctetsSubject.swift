import Inspection
import LinuxNet
import NDPWire
import ProxyConfig
import ProxyEngine
import ProxyModel

/// Octets into the decoder, its findings into the engine, and what that wants into the encoder.
///
/// What the kernel would do is done here: its filter drops frames for other stations, and routes
/// are looked up in the setup's table. One of these is for one row.
actor OctetsSubject: Subject {
  nonisolated let kind = SubjectKind.octets

  private var engine: Engine
  private let setup: Setup
  private var instant = Instant(nanoseconds: 1_000_000_000)
  private var frames = FrameLog()

  init(_ setup: Setup) throws {
    self.setup = setup
    let result = ConfigurationParser.parse(
      Array(setup.configuration.utf8), fileName: "\(setup.name).conf")
    guard let configuration = result.configuration else {
      throw Mismatch("setup \(setup.name): \(result.diagnostics)")
    }
    engine = Engine(ruleset: configuration.ruleset, limits: configuration.limits)
    var actions: [Action] = []
    engine.handle(
      .interfacesRead(Side.allCases.map(setup.interface)), now: instant, into: &actions)
  }

  var now: Duration { .nanoseconds(Int64(instant.nanoseconds)) }

  var log: [String] { [] }

  /// How many targets the engine keeps in mind.
  var sessionCount: Int { engine.sessionCount }

  func send(_ octets: [UInt8], on side: Side) throws {
    guard isForProxy(octets, on: side) else { return }
    play(event(octets, on: side))
  }

  /// Whether the packet filter lets it through; see `PacketFilter.foreignFrames`.
  private func isForProxy(_ octets: [UInt8], on side: Side) -> Bool {
    guard octets.count >= 14 else { return true }
    return octets[0] & 1 == 1 || Array(octets[..<6]) == side.linkLayerAddress.octets
  }

  private func event(_ octets: [UInt8], on side: Side) -> Event {
    guard octets.count <= PacketSocket.frameCapacity else { return .malformed(.truncatedFrame) }
    do {
      switch try NeighborDiscoveryFrame(decoding: octets.span.bytes) {
      case .solicitation(let frame): return .solicitation(frame, on: side.index)
      case .advertisement(let frame): return .advertisement(frame, on: side.index)
      }
    } catch {
      return .malformed(error)
    }
  }

  func wait(_ duration: Duration) {
    let end = instant + duration
    while let deadline = engine.nextDeadline, deadline <= end {
      instant = max(instant, deadline)
      var actions: [Action] = []
      engine.handleTimeout(now: instant, into: &actions)
      perform(actions)
    }
    instant = end
  }

  private func play(_ event: Event) {
    var actions: [Action] = []
    engine.handle(event, now: instant, into: &actions)
    perform(actions)
  }

  private func perform(_ actions: [Action]) {
    for action in actions {
      switch action {
      case .advertise(let frame, let index): emit(on: index) { frame.encode(into: &$0) }
      case .solicit(let frame, let index): emit(on: index) { frame.encode(into: &$0) }
      case .lookUpRoute(let target, let index):
        play(.route(setup.route(to: target), to: target, from: index))
      case .locate(let target, let index):
        play(.located(.elsewhere, of: target, from: index))
      case .lookUpNeighbor(let target, let index):
        play(.neighbor(nil, of: target, on: index))
      case .reportMissingSource, .reportConflict, .installHostRoute, .removeHostRoute,
        .offerNeighbor, .publish, .withdraw:
        break
      }
    }
  }

  private func emit(on index: InterfaceIndex, _ encode: (inout MutableRawSpan) -> Int) {
    // What was in the buffer before must not show.
    var buffer = [UInt8](repeating: 0xee, count: 128)
    var span = buffer.mutableSpan
    var bytes = span.mutableBytes
    let length = encode(&bytes)
    let side = Side.allCases.first { $0.index == index }!
    frames.add(EmittedFrame(side: side, time: now, octets: Array(buffer[..<length])))
  }

  func emitted(about addresses: Set<IPv6Address>) -> [EmittedFrame] {
    frames.frames(about: addresses)
  }

  func hasArrived(_ octets: [UInt8], on side: Side) -> Bool { true }
}

extension Side {
  /// As good as any that a kernel gives out.
  fileprivate var index: InterfaceIndex {
    InterfaceIndex(Int32(2 + Side.allCases.firstIndex(of: self)!))
  }
}

extension Setup {
  fileprivate func interface(_ side: Side) -> Interface {
    Interface(
      index: side.index, name: side.rawValue, linkLayerAddress: side.linkLayerAddress, isUp: true,
      hasNeighborDiscovery: true,
      addresses: addresses.filter { $0.side == side }.map(\.address))
  }

  /// What the kernel would find: the longest prefix decides.
  fileprivate func route(to target: IPv6Address) -> Route {
    if addresses.contains(where: { $0.address.address == target }) { return .local }
    var best: (length: Int, route: Route) = (-1, .unreachable)
    for route in routes where route.prefix.contains(target) && route.prefix.length > best.length {
      best = (route.prefix.length, route.finding.route)
    }
    for address in addresses {
      let prefix = IPv6Prefix(address.address.address, length: address.address.prefix.length)
      if prefix.contains(target), prefix.length > best.length {
        best = (prefix.length, .onLink(address.side.index))
      }
    }
    return best.route
  }
}

extension Setup.HostRoute.Finding {
  fileprivate var route: Route {
    switch self {
    case .onLink(let side): .onLink(side.index)
    case .gateway(let side): .gateway(side.index)
    case .unreachable: .unreachable
    }
  }
}
