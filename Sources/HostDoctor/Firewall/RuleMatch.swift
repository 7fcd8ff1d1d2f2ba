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
  private let ruleset: NetfilterRuleset
  private let chain: NetfilterChain
  private var registers = [UInt8?](repeating: nil, count: 64)
  private var isUncertain = false
  private var verdict = NetfilterVerdict.goOn

  init(_ packet: TestPacket, in chain: NetfilterChain, of ruleset: NetfilterRuleset) {
    self.packet = packet
    self.chain = chain
    self.ruleset = ruleset
  }

  /// Evaluates one expression after the other until one does not match.
  mutating func match(_ rule: NetfilterRule) -> RuleMatch {
    for expression in rule.expressions {
      guard evaluate(expression) else { return .no }
    }
    return isUncertain ? .maybe(verdict) : .yes(verdict)
  }

  private mutating func evaluate(_ expression: NetfilterExpression) -> Bool {
    switch expression {
    case .payload(let base, let offset, let length, let register):
      load(payload(base, offset, length), at: register, length: length)
    case .meta(let key, let register): load(meta(key), at: register, length: 16)
    case .conntrack(let key, let register):
      guard let octets = conntrack(key) else { return false }
      load(octets.isEmpty ? nil : octets, at: register, length: 16)
    case .connectionState(let mask, let isInverted):
      return (packet.state.rawValue & mask != 0) != isInverted
    case .compare(let register, let operation, let data):
      return compare(register, operation, data)
    case .range(let register, let isInverted, let from, let to):
      guard let value = value(at: register, length: from.count) else { return doubt() }
      return (!value.precedes(from) && !to.precedes(value)) != isInverted
    case .bitwise(let source, let register, let mask, let xor):
      for place in mask.indices {
        registers[register + place] = registers[source + place].map {
          $0 & mask[place] ^ xor[place]
        }
      }
    case .immediate(let register, let data): load(data, at: register, length: data.count)
    case .verdict(let decided): verdict = decided
    case .reject: verdict = .drop
    case .lookup(let set, let register, let isInverted):
      return look(in: set, register, isInverted)
    case .icmp6(let type, let isInverted):
      return packet.isICMPv6 && (packet.transport[0] == type) != isInverted
    case .neutral: break
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

  private mutating func load(_ octets: [UInt8]?, at register: Int, length: Int) {
    for place in 0..<length where register + place < registers.count {
      let known = octets.map { place < $0.count ? $0[place] : 0 }
      registers[register + place] = known
    }
  }

  private func value(at register: Int, length: Int) -> [UInt8]? {
    guard length > 0, register + length <= registers.count else { return nil }
    let octets = registers[register..<register + length].compactMap { $0 }
    return octets.count == length ? octets : nil
  }

  private func payload(_ base: UInt32, _ offset: Int, _ length: Int) -> [UInt8]? {
    let header: [UInt8]
    switch base {
    case 0: header = packet.ethernet
    case 1: header = packet.network
    case 2: header = packet.transport
    default: return nil
    }
    guard offset + length <= header.count else { return nil }
    return Array(header[offset..<offset + length])
  }

  /// Keys of `enum nft_ct_keys`: empty where the value is not known, `nil` where there is none and
  /// the rule does not match, as without a connection.
  private func conntrack(_ key: UInt32) -> [UInt8]? {
    if key == 0 { return packet.state.rawValue.native }
    if packet.state == .untracked { return nil }
    let isReply = packet.state == .established
    switch key {
    case 1: return [isReply ? 1 : 0]
    // Seen both ways, assured and confirmed; or nothing yet (IPS_…).
    case 2: return UInt32(isReply ? 14 : 0).native
    case 3: return UInt32(0).native
    default: return []
    }
  }

  /// Keys of `enum nft_meta_keys`, in this machine's order but for the protocol.
  private func meta(_ key: UInt32) -> [UInt8]? {
    switch key {
    case 1: [0x86, 0xdd]
    case 3: UInt32(0).native
    case 4: UInt32(packet.inIndex).native
    case 5: UInt32(packet.outIndex).native
    case 6: Array(packet.inName.utf8)
    case 7: Array(packet.outName.utf8)
    case 8 where !packet.ethernet.isEmpty && !packet.inName.isEmpty: UInt16(1).native
    case 9 where !packet.ethernet.isEmpty && !packet.outName.isEmpty: UInt16(1).native
    case 15: [NetfilterFamily.ip6.rawValue]
    case 16: [packet.network[6]]
    case 17 where !packet.ethernet.isEmpty: [packet.ethernet[0] & 1 == 1 ? 2 : 0]
    default: nil
    }
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

  private mutating func look(in name: String, _ register: Int, _ isInverted: Bool) -> Bool {
    guard let set = ruleset.set(name, beside: chain) else { return doubt() }
    guard let length = set.elements.first?.key.count else { return isInverted }
    guard let value = value(at: register, length: length) else { return doubt() }
    if set.elements.contains(where: { $0.keyEnd != nil && $0.keyEnd != $0.key }) { return doubt() }
    let found = set.element(for: value)
    if let decided = found?.verdict { verdict = decided }
    return (found != nil) != isInverted
  }
}

extension NetfilterSet {
  /// The element that a value is, or lies behind the beginning of.
  fileprivate func element(for value: [UInt8]) -> Element? {
    guard hasIntervals else { return elements.first { $0.key == value } }
    let before = elements.filter { !value.precedes($0.key) }
    guard let bound = before.map(\.key).max(by: { $0.precedes($1) }) else { return nil }
    // Where one interval ends and the next begins there are two elements with one value.
    return before.first { $0.key == bound && !$0.isIntervalEnd }
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
