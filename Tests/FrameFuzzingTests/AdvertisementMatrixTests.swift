import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Every combination of flags, destination and link-layer address in an advertisement, in every
/// state of the session it meets.
struct AdvertisementMatrixTests {
  enum State: CaseIterable {
    case none, waiting, valid, renewing, negative
  }

  enum Option: CaseIterable {
    case missing, right, group, broadcast, zero, own, ofSourceType
  }

  private static let target = IPv6Address("2001:db8:1:0:ff::10")!
  private static let owner = MACAddress(bits: 0x0200_0000_00dd)
  private static let group = MACAddress(multicast: .allNodes)

  @Test(arguments: State.allCases, Option.allCases)
  func `only what was asked for confirms`(state: State, option: Option) {
    for flags in 0..<8 as Range<UInt8> {
      for isUnicast in [false, true] {
        var stage = Stage(state)
        let answered = stage.hear(octets(flags, isUnicast: isUnicast, option))
        let isSolicited = flags & 2 != 0
        let isNamed =
          option == .right || state == .renewing && [.missing, .ofSourceType].contains(option)
        let confirms = state != .none && isSolicited && isUnicast && isNamed
        let what = """
          \(state), RSO \(String(flags, radix: 2)), \(isUnicast ? "to us" : "to all"), \(option)
          """
        #expect(answered == (confirms && state == .waiting), "who waits: \(what)")
        // What another proxy says is not remembered (RFC 4389 §6); whoever was asked by unicast is
        // the target itself, Override flag or not.
        let isFirstHand = flags & 1 != 0 || state == .renewing
        let isRemembered = confirms && isFirstHand || state == .valid
        #expect(stage.isConfirmed == isRemembered, "who asks later: \(what)")
      }
    }
  }

  /// An advertisement, right or wrong, as octets: some of these no value can hold.
  private func octets(_ flags: UInt8, isUnicast: Bool, _ option: Option) -> [UInt8] {
    var frame = EthernetFrame(
      source: Self.owner, destination: isUnicast ? Stage.south : Self.group,
      message: NeighborAdvertisement(
        source: Self.target,
        destination: isUnicast ? IPv6Address("fe80::103")! : .allNodes, target: Self.target,
        isRouter: false, isSolicited: false, isOverride: false,
        targetLinkLayerAddress: Self.owner)
    ).octets
    frame[58] = flags << 5
    switch option {
    case .missing: frame.removeLast(8)
    case .right: break
    case .group: frame.put(Self.group, at: 80)
    case .broadcast: frame.put(MACAddress(bits: 0xffff_ffff_ffff), at: 80)
    case .zero: frame.put(MACAddress(bits: 0), at: 80)
    case .own: frame.put(Stage.south, at: 80)
    case .ofSourceType: frame[78] = 1
    }
    frame.mend()
    return frame
  }

  /// An engine that asks on `south`, with a session in some state.
  private struct Stage: ~Copyable {
    static let south = MACAddress(bits: 0x0200_0000_0103)
    private static let north = MACAddress(bits: 0x0200_0000_0102)
    private var engine: Engine
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var actions: [Action] = []

    init(_ state: State) {
      let rule = Ruleset.Rule(
        prefix: IPv6Prefix("2001:db8:1:0:ff::/80")!, method: .interface("south"))
      engine = Engine(
        ruleset: Ruleset(proxies: [
          Ruleset.Proxy(
            interface: "north", isRouter: true, timers: Ruleset.Timers(), rules: [rule])
        ]))
      let interfaces = [(Int32(2), "north", Self.north), (3, "south", Self.south)].map {
        let (index, name, address) = $0
        let own = IPv6Address(bits: 0xfe80 << 112 | UInt128(address.bits & 0xffff))
        return Interface(
          index: InterfaceIndex(index), name: name, linkLayerAddress: address, isUp: true,
          hasNeighborDiscovery: true,
          addresses: [Interface.Address(own, prefixLength: 64, state: .preferred)])
      }
      engine.handle(.interfacesRead(interfaces), now: now, into: &actions)
      enter(state)
    }

    private mutating func enter(_ state: State) {
      guard state != .none else { return }
      ask()
      switch state {
      case .none, .waiting: return
      case .negative: pass(3500)
      case .valid, .renewing:
        confirm()
        if state == .renewing {
          ask()
          pass(30_500)
        }
      }
    }

    private mutating func confirm() {
      _ = hear(
        EthernetFrame(
          source: AdvertisementMatrixTests.owner, destination: Self.south,
          message: NeighborAdvertisement(
            source: AdvertisementMatrixTests.target, destination: IPv6Address("fe80::103")!,
            target: AdvertisementMatrixTests.target, isRouter: false, isSolicited: true,
            isOverride: true, targetLinkLayerAddress: AdvertisementMatrixTests.owner)
        ).octets)
    }

    /// Whether somebody got an answer for it.
    mutating func hear(_ octets: [UInt8]) -> Bool {
      guard
        case .advertisement(let frame)? = try? NeighborDiscoveryFrame(decoding: octets.span.bytes)
      else { return false }
      actions = []
      handle(.advertisement(frame, on: InterfaceIndex(3)))
      return answers
    }

    private var answers: Bool {
      actions.contains { if case .advertise = $0 { true } else { false } }
    }

    private mutating func ask() {
      let target = AdvertisementMatrixTests.target
      let router = MACAddress(bits: 0x0200_0000_00aa)
      let question = EthernetFrame(
        source: router, destination: MACAddress(multicast: target.solicitedNodeMulticast),
        message: NeighborSolicitation(
          source: IPv6Address("fe80::aa")!, destination: target.solicitedNodeMulticast,
          target: target, sourceLinkLayerAddress: router))
      handle(.solicitation(question, on: InterfaceIndex(2)))
    }

    /// The kernel knows nothing of any target.
    private mutating func handle(_ event: Event) {
      let first = actions.endIndex
      engine.handle(event, now: now, into: &actions)
      for case .locate(let target, let index) in actions[first...] {
        engine.handle(.located(.elsewhere, of: target, from: index), now: now, into: &actions)
      }
    }

    private mutating func pass(_ milliseconds: Int64) {
      let end = now + .milliseconds(milliseconds)
      while let deadline = engine.nextDeadline, deadline <= end {
        now = max(now, deadline)
        engine.handleTimeout(now: now, into: &actions)
      }
      now = end
    }

    /// Whether the target counts as there: after all probes it is answered for at once.
    var isConfirmed: Bool {
      mutating get {
        // What was being probed would be given up by now, and what failed be forgotten.
        pass(6500)
        actions = []
        ask()
        return answers
      }
    }
  }
}
