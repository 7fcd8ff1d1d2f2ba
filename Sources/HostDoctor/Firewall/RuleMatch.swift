import LinuxSurvey

/// Whether a rule applies to a packet, as far as can be told from here.
enum RuleMatch {
  case no
  /// It applies, and decides this.
  case yes(NetfilterVerdict)
  /// It may apply: something that it asks for is not known here.
  case maybe(NetfilterVerdict)
}

/// The registers of nf_tables while one rule is evaluated; `nil` is an octet that is not known.
struct RuleEvaluation {
  private let packet: TestPacket
  private let hook: Hook
  private let ruleset: NetfilterRuleset
  private let chain: NetfilterChain
  private let changes: PacketChanges
  private var registers = [UInt8?](repeating: nil, count: 64)
  private var isUncertain = false
  private var verdict = NetfilterVerdict.goOn

  init(
    _ packet: TestPacket, at hook: Hook, in chain: NetfilterChain, of ruleset: NetfilterRuleset,
    _ changes: PacketChanges
  ) {
    self.packet = packet
    self.hook = hook
    self.chain = chain
    self.ruleset = ruleset
    self.changes = changes
  }

  /// Evaluates one expression after the other until one does not match.
  mutating func match(_ rule: NetfilterRule) -> RuleMatch {
    for expression in rule.expressions {
      guard evaluate(expression) else { return .no }
    }
    return isUncertain ? .maybe(verdict) : .yes(verdict)
  }

  /// What a packet has where a rule looks.
  private enum Found {
    case octets([UInt8])
    case unknown
    /// It has no such thing, so that the rule does not match.
    case nothing
  }

  private mutating func evaluate(_ expression: NetfilterExpression) -> Bool {
    switch expression {
    case .payload(let base, let offset, let length, let register):
      return load(payload(base, offset, length), at: register, length: length)
    case .meta(let key, let register): return load(meta(key), at: register, length: 16)
    case .conntrack(let key, let register): return load(conntrack(key), at: register, length: 16)
    case .destinationType(let register):
      let type = packet.destinationType.map { Found.octets($0.native) }
      return load(type ?? .unknown, at: register, length: 4)
    case .wayBack(let register):
      // By another interface there may be one, too: the lookup is for this one alone.
      let isThere = packet.inIndex != 0 && packet.wayBack == packet.inIndex
      return load(isThere ? .octets([1]) : .unknown, at: register, length: 1)
    case .connectionState(let mask, let isInverted):
      if changes.untracks { return doubt() }
      return (packet.state.rawValue & mask != 0) != isInverted
    case .compare(let register, let operation, let data):
      return compare(register, operation, data)
    case .range(let register, let isInverted, let from, let to):
      guard let value = value(at: register, length: from.count) else { return doubt() }
      return (!value.precedes(from) && !to.precedes(value)) != isInverted
    case .bitwise(let source, let register, let mask, let xor):
      guard source + mask.count <= registers.count, register + mask.count <= registers.count,
        xor.count == mask.count
      else { return doubt() }
      let read = Array(registers[source..<source + mask.count])
      for place in mask.indices {
        // What is masked away does not matter.
        registers[register + place] =
          mask[place] == 0 ? xor[place] : read[place].map { $0 & mask[place] ^ xor[place] }
      }
    case .byteOrder(let source, let register, let length, let size):
      return turn(source, register, length, size)
    case .immediate(let register, let data):
      return load(.octets(data), at: register, length: data.count)
    case .verdict(let decided): verdict = decided
    case .reject: verdict = .drop
    case .lookup(let set, let register, let isInverted, let value):
      return look(in: set, register, isInverted, into: value)
    case .icmp6(let type, let isInverted):
      return packet.isICMPv6 && (packet.transport[0] == type) != isInverted
    case .hopLimit(let operation, let limit):
      // Equal, not equal, less, greater (IP6T_HL_EQ and so on).
      let hopLimit = packet.network[7]
      switch operation {
      case 0: return hopLimit == limit
      case 1: return hopLimit != limit
      case 2: return hopLimit < limit
      case 3: return hopLimit > limit
      default: return doubt()
      }
    // No test packet has one.
    case .routingHeader: return false
    case .neutral, .setMeta, .setConntrack, .setPayload, .untrack: break
    case .routeLookup, .unknown:
      registers = [UInt8?](repeating: nil, count: 64)
      return doubt()
    }
    return true
  }

  /// Goes on without knowing.
  private mutating func doubt() -> Bool {
    isUncertain = true
    return true
  }

  private mutating func load(_ found: Found, at register: Int, length: Int) -> Bool {
    let octets: [UInt8]?
    switch found {
    case .nothing: return false
    case .unknown: octets = nil
    case .octets(let known): octets = known
    }
    for place in 0..<length where register + place < registers.count {
      registers[register + place] = octets.map { place < $0.count ? $0[place] : 0 }
    }
    return true
  }

  private func value(at register: Int, length: Int) -> [UInt8]? {
    guard length > 0, register + length <= registers.count else { return nil }
    let octets = registers[register..<register + length].compactMap { $0 }
    return octets.count == length ? octets : nil
  }

  /// On machines of the other order nothing is turned, as in the kernel.
  private mutating func turn(_ source: Int, _ register: Int, _ length: Int, _ size: Int) -> Bool {
    guard [2, 4, 8].contains(size), length % size == 0, source + length <= registers.count,
      register + length <= registers.count
    else { return doubt() }
    let read = Array(registers[source..<source + length])
    let isTurned = UInt16(1).bigEndian != 1
    for place in read.indices {
      let start = place / size * size
      registers[register + place] = read[isTurned ? start + size - 1 - place % size : place]
    }
    return true
  }

  private func payload(_ base: UInt32, _ offset: Int, _ length: Int) -> Found {
    let header: [UInt8]
    switch base {
    case 0:
      // What this host sends has no link-layer header before it reaches the device.
      if packet.isMadeHere, hook != .egress { return .nothing }
      header = packet.ethernet
    case 1: header = packet.network
    case 2: header = packet.transport
    default: return .unknown
    }
    guard offset + length <= header.count, base == 0 || !changes.changesPayload else {
      return .unknown
    }
    return .octets(Array(header[offset..<offset + length]))
  }

  /// Keys of `enum nft_ct_keys`; without a connection most have no value.
  private func conntrack(_ key: UInt32) -> Found {
    if changes.untracks || changes.conntrackKeys.contains(key) { return .unknown }
    // Tracking begins behind these hooks: no packet belongs to a connection yet.
    if key == 0 { return .octets(packet.state.rawValue.native) }
    if packet.state == .untracked || packet.state == .unseen { return .nothing }
    let isEstablished = packet.state == .established
    switch key {
    case 1: return .octets([packet.isReply ? 1 : 0])
    // Seen both ways, assured and confirmed; or nothing yet (IPS_…).
    case 2: return .octets(UInt32(isEstablished ? 14 : 0).native)
    case 3: return .octets(UInt32(0).native)
    default: return .unknown
    }
  }

  /// Keys of `enum nft_meta_keys`, in this machine's order but for the protocol.
  private func meta(_ key: UInt32) -> Found {
    if changes.metaKeys.contains(key) { return .unknown }
    switch key {
    case 1: return .octets([0x86, 0xdd])
    case 3: return .octets(UInt32(0).native)
    case 4: return .octets(UInt32(packet.inIndex).native)
    case 5: return .octets(UInt32(packet.outIndex).native)
    case 6: return .octets(Array(packet.inName.utf8))
    case 7: return .octets(Array(packet.outName.utf8))
    // What nft(8) asks before it looks at a link-layer header; at egress it is of the device.
    case 8: return linkType(hook == .egress ? packet.outName : packet.inName)
    case 9: return linkType(packet.outName)
    case 15: return .octets([NetfilterFamily.ip6.rawValue])
    case 16: return .octets([packet.network[6]])
    // A packet to this host's own link-layer address, or to a group.
    case 17 where !packet.inName.isEmpty && !packet.ethernet.isEmpty && hook != .egress:
      return .octets([packet.ethernet[0] & 1 == 1 ? 2 : 0])
    default: return .unknown
    }
  }

  /// ARPHRD_ETHER, where it is known that the interface is one.
  private func linkType(_ name: String) -> Found {
    if name.isEmpty { return .nothing }
    return packet.ethernet.isEmpty ? .unknown : .octets(UInt16(1).native)
  }

  private mutating func compare(_ register: Int, _ operation: UInt32, _ data: [UInt8]) -> Bool {
    guard let value = value(at: register, length: data.count) else { return doubt() }
    return switch operation {
    case 0: value == data
    case 1: value != data
    case 2: value.precedes(data)
    case 3: !data.precedes(value)
    case 4: data.precedes(value)
    case 5: !value.precedes(data)
    default: doubt()
    }
  }

  private mutating func look(
    in name: String, _ register: Int, _ isInverted: Bool, into target: Int?
  ) -> Bool {
    guard let set = ruleset.set(name, beside: chain) else { return doubt() }
    let length = set.elements.map(\.key.count).max() ?? 0
    let found: NetfilterSet.Element?
    if length == 0 {
      found = set.elements.first { $0.isCatchAll }
    } else {
      guard let value = value(at: register, length: length), set.isUnderstood else {
        if let target { _ = load(.unknown, at: target, length: 16) }
        return doubt()
      }
      found = set.element(for: value)
    }
    if let decided = found?.verdict { verdict = decided }
    if let target, let found { _ = load(.octets(found.data), at: target, length: 16) }
    return (found != nil) != isInverted
  }
}

extension NetfilterSet {
  /// Whether it can be told what is in it: ranges in a concatenation go by its parts.
  fileprivate var isUnderstood: Bool {
    !fieldLengths.isEmpty || elements.allSatisfy { $0.keyEnd == nil || $0.keyEnd == $0.key }
  }

  /// The element that a value is, or lies behind the beginning of.
  fileprivate func element(for value: [UInt8]) -> Element? {
    let catchAll = elements.first { $0.isCatchAll }
    let values = elements.filter { !$0.isCatchAll }
    guard hasIntervals else { return values.first { $0.key == value } ?? catchAll }
    if !fieldLengths.isEmpty { return values.first { contains(value, in: $0) } ?? catchAll }
    let before = values.filter { !value.precedes($0.key) }
    guard let bound = before.map(\.key).max(by: { $0.precedes($1) }) else { return catchAll }
    // Where one interval ends and the next begins there are two elements with one value.
    return before.first { $0.key == bound && !$0.isIntervalEnd } ?? catchAll
  }

  /// Whether each part of a concatenation lies in the range that the element has for it.
  private func contains(_ value: [UInt8], in element: Element) -> Bool {
    let end = element.keyEnd ?? element.key
    var start = 0
    for length in fieldLengths {
      let part = start..<start + length
      guard part.upperBound <= min(value.count, element.key.count, end.count) else { return false }
      let (read, from, to) = (Array(value[part]), Array(element.key[part]), Array(end[part]))
      if read.precedes(from) || to.precedes(read) { return false }
      // Each begins a register of its own.
      start += (length + 3) / 4 * 4
    }
    return true
  }
}

extension [UInt8] {
  /// As numbers in network order of the same length.
  fileprivate func precedes(_ other: [UInt8]) -> Bool { lexicographicallyPrecedes(other) }
}

extension FixedWidthInteger {
  /// The octets in this machine's order.
  fileprivate var native: [UInt8] {
    let value = littleEndian == self ? self : byteSwapped
    return (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Self($0 * 8)) }
  }
}
