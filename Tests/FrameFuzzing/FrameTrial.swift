import NDPWire
import ProxyEngine
package import ProxyModel
import TestSupport

/// Decoder and engine, with rules of every kind, for frames of any kind.
///
/// One interface is the proxy's, two are the rules', one has both. After each frame and each
/// timeout everything is checked that holds whatever was sent.
package struct FrameTrial: ~Copyable {
  /// What was broken first; `nil` if nothing was.
  package private(set) var violation: String?
  /// How many frames were well-formed messages.
  package private(set) var accepted = 0
  /// How many were not, by the reason.
  package private(set) var dropped = [Int](repeating: 0, count: DropReason.allCases.count)
  /// How many frames the engine wanted to send.
  package private(set) var sent = 0
  /// Solicitations and advertisements that a target or an asker could answer to what was sent.
  package private(set) var replies: [[UInt8]] = []

  private var engine: Engine
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private var actions: [Action] = []
  /// Solicitations that came, and advertisements that went, at most one for each.
  private var solicitations = 0
  private var advertisements = 0

  package init() {
    var limits = Limits()
    limits.sessions = 64
    engine = Engine(ruleset: Self.ruleset, limits: limits)
    engine.handle(.interfacesRead(Self.interfaces), now: now, into: &actions)
  }

  // MARK: - What happens

  /// Feeds one frame to the decoder, and what comes out to the engine.
  package mutating func feed(_ octets: [UInt8], on index: InterfaceIndex) {
    let verdict = FrameValidator.verdict(on: octets)
    do throws(DropReason) {
      let frame = try NeighborDiscoveryFrame(decoding: octets.span.bytes)
      accepted += 1
      require(verdict == nil, "accepted, but \(verdict ?? "")")
      switch frame {
      case .solicitation(let solicitation):
        solicitations += 1
        engine.handle(.solicitation(solicitation, on: index), now: now, into: &actions)
      case .advertisement(let advertisement):
        engine.handle(.advertisement(advertisement, on: index), now: now, into: &actions)
      }
    } catch {
      dropped[error.rawValue] += 1
      require(verdict != nil, "dropped (\(error)), but the validator finds nothing wrong")
      engine.handle(.malformed(error), now: now, into: &actions)
    }
    perform()
  }

  /// A frame that the kernel cut off (`MSG_TRUNC`).
  package mutating func feedTruncated() {
    dropped[DropReason.truncatedFrame.rawValue] += 1
    engine.handle(.malformed(.truncatedFrame), now: now, into: &actions)
    perform()
  }

  /// Some route changed.
  package mutating func changeRoutes() {
    engine.handle(.routesChanged, now: now, into: &actions)
    perform()
  }

  /// An interface goes down or comes up, or gets another link-layer address.
  package mutating func change(_ index: InterfaceIndex, isUp: Bool) {
    var interface = Self.interfaces.first { $0.index == index }!
    interface.isUp = isUp
    engine.handle(.interfaceChanged(interface), now: now, into: &actions)
    perform()
  }

  /// Lets time pass, stopping at every deadline on the way.
  package mutating func wait(milliseconds: UInt64) {
    let end = Instant(nanoseconds: now.nanoseconds + milliseconds * 1_000_000)
    while let deadline = engine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      engine.handleTimeout(now: now, into: &actions)
      perform()
      if let next = engine.nextDeadline { require(next > now, "it wants to be woken at once") }
      if violation != nil { return }
    }
    now = end
  }

  private mutating func require(_ isTrue: Bool, _ claim: @autoclosure () -> String) {
    if !isTrue, violation == nil { violation = claim() }
  }

  // MARK: - What the engine does

  private mutating func perform() {
    var position = 0
    while position < actions.count {
      switch actions[position] {
      case .advertise(let frame, let index): check(frame, on: index)
      case .solicit(let frame, let index): check(frame, on: index)
      case .lookUpRoute(let target, let index):
        engine.handle(
          .route(Self.route(to: target), to: target, from: index), now: now, into: &actions)
      case .locate(let target, let index):
        engine.handle(.located(.elsewhere, of: target, from: index), now: now, into: &actions)
      case .lookUpNeighbor(let target, let index):
        engine.handle(.neighbor(nil, of: target, on: index), now: now, into: &actions)
      case .reportMissingSource, .reportConflict, .installHostRoute, .removeHostRoute,
        .offerNeighbor, .publish, .withdraw:
        break
      }
      position += 1
    }
    actions.removeAll(keepingCapacity: true)
    let count = engine.sessionCount
    require(count <= 64, "\(count) sessions")
    if replies.count > 64 { replies.removeFirst(32) }
  }

  private mutating func check(
    _ frame: EthernetFrame<NeighborAdvertisement>, on index: InterfaceIndex
  ) {
    sent += 1
    advertisements += 1
    let message = frame.message
    let own = Self.interfaces.first { $0.index == index }!
    let octets = frame.octets
    require(
      FrameValidator.verdict(on: octets) == nil,
      "sends what is malformed: \(FrameValidator.verdict(on: octets) ?? "")")
    require(advertisements <= solicitations, "more answers than questions")
    require(frame.source == own.linkLayerAddress, "from a strange station")
    require(message.targetLinkLayerAddress == own.linkLayerAddress, "names a strange station")
    require(own.addresses.contains { $0.address == message.source }, "from a strange address")
    require(index == Self.north || index == Self.east, "answers where no rules are")
    require(message.isRouter && !message.isOverride, "the flags are wrong")
    require(message.isSolicited == (message.destination != .allNodes), "the S flag is wrong")
    require(!message.destination.isUnspecified, "to ::")
    require(frame.destination.isUnicast || frame.destination == .allNodes, "to a group")
    require(Self.mayAnswer(for: message.target, on: own), "answers for \(message.target)")
  }

  private mutating func check(
    _ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex
  ) {
    sent += 1
    let own = Self.interfaces.first { $0.index == index }!
    require(FrameValidator.verdict(on: frame.octets) == nil, "sends what is malformed")
    require(frame.source == own.linkLayerAddress, "from a strange station")
    require(own.addresses.contains { $0.address == frame.message.source }, "from elsewhere")
    require(index != Self.north, "asks where no rule sends it")
    let target = frame.message.target
    // One kind of station for each target.
    let dialect = Dialect.all[Int(target.bits % UInt128(Dialect.all.count))]
    let speaker = Dialect.Speaker(
      linkLayerAddress: MACAddress(bits: 0x0200_0000_0dd0),
      linkLocal: IPv6Address(bits: 0xfe80 << 112 | 0xdd0), address: target)
    replies.append(dialect.answer(to: frame, by: speaker))
  }
}

extension EthernetFrame<NeighborSolicitation> {
  /// The frame as it goes out.
  package var octets: [UInt8] {
    var octets = [UInt8](repeating: 0, count: 86)
    var span = octets.mutableSpan
    var bytes = span.mutableBytes
    let count = encode(into: &bytes)
    octets.removeLast(octets.count - count)
    return octets
  }
}

extension EthernetFrame<NeighborAdvertisement> {
  /// The frame as it goes out.
  package var octets: [UInt8] {
    var octets = [UInt8](repeating: 0, count: 86)
    var span = octets.mutableSpan
    var bytes = span.mutableBytes
    let count = encode(into: &bytes)
    octets.removeLast(octets.count - count)
    return octets
  }
}
