import CLinux
import LinuxNet

extension NetfilterExpression {
  /// Reads one `NFTA_LIST_ELEM` of a rule.
  init(_ element: RawSpan) {
    var name = ""
    self = .neutral
    forEachAttribute(in: element, behind: 0) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_EXPR_NAME.rawValue:
        name = value.text
        self = Self.withoutData(name)
      case NFTA_EXPR_DATA.rawValue: self = Self.read(name, value)
      default: break
      }
    }
  }

  private static func withoutData(_ name: String) -> NetfilterExpression {
    switch name {
    case "counter", "log", "last", "dup", "flow_offload": .neutral
    case "notrack": .untrack
    case "reject": .reject
    // The packet is sent elsewhere, and goes no further here.
    case "fwd": .verdict(.drop)
    // The packet goes on at once, under another address.
    case "masq", "nat", "redir": .verdict(.accept)
    default: .unknown(name)
    }
  }

  private static func read(_ name: String, _ data: RawSpan) -> NetfilterExpression {
    let fields = Fields(data)
    switch name {
    case "payload": return payload(fields)
    case "meta":
      guard let register = fields.register(NFTA_META_DREG) else {
        return .setMeta(key: fields[NFTA_META_KEY.rawValue] ?? .max)
      }
      return .meta(key: fields[NFTA_META_KEY.rawValue] ?? .max, register: register)
    case "ct":
      guard let register = fields.register(NFTA_CT_DREG) else {
        return .setConntrack(key: fields[NFTA_CT_KEY.rawValue] ?? .max)
      }
      return .conntrack(key: fields[NFTA_CT_KEY.rawValue] ?? .max, register: register)
    case "cmp":
      return .compare(
        register: fields.register(NFTA_CMP_SREG) ?? 0,
        operation: fields[NFTA_CMP_OP.rawValue] ?? .max,
        data: fields.data[NFTA_CMP_DATA.rawValue]?.octets ?? [])
    case "range":
      return .range(
        register: fields.register(NFTA_RANGE_SREG) ?? 0,
        isInverted: fields[NFTA_RANGE_OP.rawValue] == NFT_RANGE_NEQ.rawValue,
        from: fields.data[NFTA_RANGE_FROM_DATA.rawValue]?.octets ?? [],
        to: fields.data[NFTA_RANGE_TO_DATA.rawValue]?.octets ?? [])
    case "bitwise": return bitwise(fields)
    case "immediate": return immediate(fields)
    case "lookup":
      return .lookup(
        set: fields.text[NFTA_LOOKUP_SET.rawValue] ?? "",
        register: fields.register(NFTA_LOOKUP_SREG) ?? 0,
        isInverted: (fields[NFTA_LOOKUP_FLAGS.rawValue] ?? 0) & 1 != 0,
        value: fields.register(NFTA_LOOKUP_DREG))
    case "fib": return routeLookup(fields)
    case "byteorder":
      guard let source = fields.register(NFTA_BYTEORDER_SREG),
        let register = fields.register(NFTA_BYTEORDER_DREG)
      else { return .unknown(name) }
      return .byteOrder(
        source: source, register: register,
        length: Int(fields[NFTA_BYTEORDER_LEN.rawValue] ?? 0),
        size: Int(fields[NFTA_BYTEORDER_SIZE.rawValue] ?? 0))
    case "dynset":
      // A set that is full, or a rate in its elements, keeps a rule from matching.
      return .unknown(name)
    case "objref":
      let counter: UInt32 = 1
      return fields[NFTA_OBJREF_IMM_TYPE.rawValue] == counter ? .neutral : .unknown(name)
    case "match": return match(fields)
    case "target": return target(fields.text[NFTA_TARGET_NAME.rawValue] ?? "")
    default: return withoutData(name)
    }
  }

  /// Targets of xtables that do not end a rule set marks, addresses and the like.
  private static func target(_ name: String) -> NetfilterExpression {
    switch name {
    case "REJECT": .reject
    case "NFQUEUE", "QUEUE": .verdict(.other)
    case "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP": .verdict(.accept)
    case "CT", "NOTRACK": .untrack
    case "MARK", "CONNMARK", "CONNSECMARK": .setMeta(key: mark)
    case "LOG", "NFLOG", "TRACE", "TCPMSS", "CHECKSUM", "CLASSIFY", "SECMARK", "AUDIT", "LED":
      .neutral
    default: .unknown(name)
    }
  }

  /// `NFT_META_MARK`.
  private static let mark: UInt32 = 3

  /// The type of the destination can be told, and whether there is a way back; nothing else.
  private static func routeLookup(_ fields: Fields) -> NetfilterExpression {
    let back = [NFTA_FIB_F_SADDR, NFTA_FIB_F_IIF, NFTA_FIB_F_PRESENT].map(\.rawValue).reduce(0, |)
    if fields[NFTA_FIB_RESULT.rawValue] == NFT_FIB_RESULT_OIF.rawValue,
      let flags = fields[NFTA_FIB_FLAGS.rawValue], flags & ~NFTA_FIB_F_MARK.rawValue == back,
      let register = fields.register(NFTA_FIB_DREG)
    {
      return .wayBack(register: register)
    }
    guard fields[NFTA_FIB_RESULT.rawValue] == NFT_FIB_RESULT_ADDRTYPE.rawValue,
      fields[NFTA_FIB_FLAGS.rawValue] == NFTA_FIB_F_DADDR.rawValue,
      let register = fields.register(NFTA_FIB_DREG)
    else { return .routeLookup }
    return .destinationType(register: register)
  }

  /// With a source register it writes to the packet instead.
  private static func payload(_ fields: Fields) -> NetfilterExpression {
    guard let register = fields.register(NFTA_PAYLOAD_DREG) else { return .setPayload }
    return .payload(
      base: fields[NFTA_PAYLOAD_BASE.rawValue] ?? .max,
      offset: Int(fields[NFTA_PAYLOAD_OFFSET.rawValue] ?? 0),
      length: Int(fields[NFTA_PAYLOAD_LEN.rawValue] ?? 0), register: register)
  }

  private static func bitwise(_ fields: Fields) -> NetfilterExpression {
    guard (fields[NFTA_BITWISE_OP.rawValue] ?? 0) == 0,
      let source = fields.register(NFTA_BITWISE_SREG),
      let register = fields.register(NFTA_BITWISE_DREG),
      let mask = fields.data[NFTA_BITWISE_MASK.rawValue],
      let xor = fields.data[NFTA_BITWISE_XOR.rawValue]
    else { return .unknown("bitwise") }
    return .bitwise(source: source, register: register, mask: mask.octets, xor: xor.octets)
  }

  private static func immediate(_ fields: Fields) -> NetfilterExpression {
    guard let data = fields.data[NFTA_IMMEDIATE_DATA.rawValue] else {
      return .unknown("immediate")
    }
    if let verdict = data.verdict { return .verdict(verdict) }
    return .immediate(
      register: fields.register(NFTA_IMMEDIATE_DREG) ?? 0, data: data.octets)
  }

  /// An extension of xtables; `struct ip6t_icmp` is a type, two codes and flags.
  private static func match(_ fields: Fields) -> NetfilterExpression {
    let name = fields.text[NFTA_MATCH_NAME.rawValue] ?? ""
    switch name {
    case "comment": return .neutral
    case "rpfilter": return .routeLookup
    case "rt": return .routingHeader
    case "hl":
      guard let info = fields.octets[NFTA_MATCH_INFO.rawValue], info.count >= 2 else { break }
      return .hopLimit(operation: info[0], info[1])
    case "icmp6":
      guard let info = fields.octets[NFTA_MATCH_INFO.rawValue], info.count >= 4 else { break }
      return .icmp6(type: info[0], isInverted: info[3] & 1 != 0)
    case "conntrack":
      if let info = fields.octets[NFTA_MATCH_INFO.rawValue], let state = connectionState(info) {
        return state
      }
    case "state":
      guard let info = fields.octets[NFTA_MATCH_INFO.rawValue], info.count >= 4 else { break }
      return .connectionState(mask: info.native16(at: 0), isInverted: false)
    default: break
    }
    return .unknown(name)
  }
}

extension NetfilterExpression {
  /// Reads `struct xt_conntrack_mtinfo3`, if it asks for nothing but the state.
  ///
  /// Eight addresses of 16 octets, two times of 32 bits and five numbers of 16 bits come before
  /// the flags that say what is asked for, those that invert it, and the states.
  fileprivate static func connectionState(_ info: [UInt8]) -> NetfilterExpression? {
    let flags = 8 * 16 + 2 * 4 + 5 * 2
    let state: UInt32 = 1
    // What stands for the match `state` (XT_CONNTRACK_STATE_ALIAS) asks for nothing more.
    let alias: UInt32 = 1 << 13
    guard info.count >= flags + 6, info.native16(at: flags) & ~alias == state else { return nil }
    return .connectionState(
      mask: info.native16(at: flags + 4), isInverted: info.native16(at: flags + 2) & state != 0)
  }
}

extension [UInt8] {
  /// The number of 16 bits at `offset` in this machine's order; traps beyond the end.
  fileprivate func native16(at offset: Int) -> UInt32 {
    let (first, second) = (UInt16(self[offset]), UInt16(self[offset + 1]))
    return UInt32(UInt16(littleEndian: second << 8 | first))
  }
}

/// The attributes of one expression, each read in every way that its length allows.
private struct Fields {
  var octets: [UInt32: [UInt8]] = [:]
  var numbers: [UInt32: UInt32] = [:]
  var text: [UInt32: String] = [:]
  var data: [UInt32: NetfilterData] = [:]

  init(_ attributes: RawSpan) {
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      let key = UInt32(attribute)
      octets[key] = value.allOctets
      text[key] = value.text
      if let number = value.number { numbers[key] = number }
      data[key] = NetfilterData(value)
    }
  }

  subscript(key: UInt32) -> UInt32? { numbers[key] }

  /// The place of a register in the 64 octets: 1 through 4 have 16 octets, from 8 on 4.
  func register<Key: RawRepresentable<UInt32>>(_ key: Key) -> Int? {
    guard let number = numbers[key.rawValue] else { return nil }
    return switch number {
    case 1...4: Int(number - 1) * 16
    case 8...23: Int(number - 8) * 4
    default: nil
    }
  }
}
