import NDPWire

// Keys and values of the maps, as Program/Maps.swift reads them: octet for octet.

/// An IPv6 address in network order.
struct RawAddress: BitwiseCopyable {
  private let words: (UInt32, UInt32, UInt32, UInt32)

  init(_ address: IPv6Address) {
    func word(_ shift: UInt128) -> UInt32 {
      UInt32(truncatingIfNeeded: address.bits >> shift).bigEndian
    }
    words = (word(96), word(64), word(32), word(0))
  }
}

/// A key of `places`, `rules` and `targets`.
struct PrefixKey: BitwiseCopyable {
  private let length: UInt32
  private let interface: UInt32
  private let address: RawAddress

  init(_ prefix: IPv6Prefix, on interface: UInt32) {
    length = 32 + UInt32(prefix.length)
    self.interface = interface
    address = RawAddress(prefix.address)
  }

  init(_ address: IPv6Address, on interface: UInt32) {
    self.init(IPv6Prefix(address, length: 128), on: interface)
  }
}

/// A link-layer address in network order, which is a key of `stations`.
struct RawLinkLayerAddress: BitwiseCopyable {
  private let words: (UInt16, UInt16, UInt16)

  init(_ address: MACAddress) {
    func word(_ shift: UInt64) -> UInt16 {
      UInt16(truncatingIfNeeded: address.bits >> shift).bigEndian
    }
    words = (word(32), word(16), word(0))
  }
}

/// A value of `links`.
struct LinkValue: BitwiseCopyable {
  private let address: RawLinkLayerAddress
  private let flags: UInt16
  private let interface: UInt32

  init(_ link: AnswerLink) {
    address = RawLinkLayerAddress(link.linkLayerAddress)
    var flags: UInt16 = 0
    if link.isRouter { flags |= 1 << 0 }
    if link.isOverride { flags |= 1 << 1 }
    if link.answersEarly { flags |= 1 << 2 }
    self.flags = flags
    interface = link.interface
  }
}

/// A value of `places`.
struct PlaceValue: BitwiseCopyable {
  private let source: RawAddress
  private let kind: UInt32
  private let padding: UInt32 = 0

  private init(_ source: IPv6Address, _ kind: UInt32) {
    (self.source, self.kind) = (RawAddress(source), kind)
  }

  /// Solicitors there are left to the daemon.
  static let left = PlaceValue(IPv6Address(bits: 0), 0)
  /// The target is the source.
  static let asTarget = PlaceValue(IPv6Address(bits: 0), 2)

  /// The source of answers; `nil` leaves these to the daemon.
  init(_ source: IPv6Address?) {
    if let source { self.init(source, 1) } else { self = .left }
  }
}

/// A value of `rules`.
struct RuleValue: BitwiseCopyable {
  private let method: UInt32
  private let position: UInt32

  init(_ rule: AnswerRule) {
    switch rule.method {
    case .excluded: method = 0
    case .static: method = 1
    case .conditional: method = 2
    case .routed: method = 3
    }
    position = UInt32(rule.position)
  }
}

/// A value of `targets`.
struct TargetValue: BitwiseCopyable {
  let end: UInt64
  let asked: UInt64
  let count: UInt64
  let routeGeneration: UInt32
  let isRouted: UInt32

  /// Nobody has asked yet.
  init(until end: UInt64, routesAt generation: UInt32?) {
    (self.end, asked, count) = (end, 0, 0)
    routeGeneration = generation ?? 0
    isRouted = generation == nil ? 0 : 1
  }
}

/// A value of `trials`.
struct TrialValue: BitwiseCopyable {
  private let identifier: UInt16
  let turned: UInt16
  let returned: UInt32

  /// A test that begins.
  init(_ identifier: UInt16) { (self.identifier, turned, returned) = (identifier.bigEndian, 0, 0) }
}

/// The value of `state`.
struct StateValue: BitwiseCopyable, Equatable {
  var routeGeneration: UInt32 = 0
  var isWatched: UInt32 = 0
}
