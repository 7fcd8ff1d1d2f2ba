import CLinux
import Glibc
package import LinuxNet

extension NetfilterRuleset {
  /// Reads all of nf_tables in the thread's network namespace, ip6tables-nft's rules included.
  ///
  /// Throws `EPERM` without CAP_NET_ADMIN. A kernel without nf_tables has an empty one.
  package static func read() throws(SystemError) -> NetfilterRuleset {
    var ruleset = NetfilterRuleset()
    do {
      ruleset.chains = try dump(NFT_MSG_GETCHAIN, answer: NFT_MSG_NEWCHAIN, NetfilterChain.init)
      // Some hosts have tens of thousands of chains.
      var places: [String: Int] = [:]
      for (place, chain) in ruleset.chains.enumerated() { places[chain.words] = place }
      for (chain, rule) in try dump(
        NFT_MSG_GETRULE, answer: NFT_MSG_NEWRULE, NetfilterRule.placed)
      {
        if let place = places[chain.words] { ruleset.chains[place].rules.append(rule) }
      }
      ruleset.sets = try dump(NFT_MSG_GETSET, answer: NFT_MSG_NEWSET, NetfilterSet.init)
      ruleset.ownedTables = Set(
        try dump(NFT_MSG_GETTABLE, answer: NFT_MSG_NEWTABLE, ownedTable))
    } catch {
      // The subsystem is not there at all.
      if error.code == .invalidArgument || error.code == .notSupported { return ruleset }
      throw error
    }
    for place in ruleset.sets.indices { try ruleset.sets[place].readElements() }
    return ruleset
  }

  private static func dump<Object>(
    _ request: nf_tables_msg_types, answer: nf_tables_msg_types,
    _ read: (NetfilterFamily, RawSpan) -> Object?
  ) throws(SystemError) -> [Object] {
    try table(request, answer: answer, payload: [0, 0, 0, 0], read)
  }

  /// One dump; `payload` begins with `struct nfgenmsg`.
  fileprivate static func table<Object>(
    _ request: nf_tables_msg_types, answer: nf_tables_msg_types, payload: [UInt8],
    _ read: (NetfilterFamily, RawSpan) -> Object?
  ) throws(SystemError) -> [Object] {
    let type = { (message: nf_tables_msg_types) in
      Int(NFNL_SUBSYS_NFTABLES) << 8 | Int(message.rawValue)
    }
    return try NetlinkSocket.table(
      type(request), payload: payload, family: CInt(NETLINK_NETFILTER), "read the packet filter"
    ) { message, payload in
      guard Int(message.type) == type(answer), payload.byteCount >= 4,
        let family = NetfilterFamily(rawValue: payload.native(at: 0)),
        let object = read(family, payload)
      else { return [] }
      return [object]
    }
  }
}

/// The length of `struct nfgenmsg`.
private let header = 4

/// The table's name as nft(8) writes it, if it has an owner (NFT_TABLE_F_OWNER).
private func ownedTable(_ family: NetfilterFamily, _ payload: RawSpan) -> String? {
  var name = ""
  var flags: UInt32 = 0
  forEachAttribute(in: payload, behind: header) { attribute, value in
    switch UInt32(attribute) {
    case NFTA_TABLE_NAME.rawValue: name = value.text
    case NFTA_TABLE_FLAGS.rawValue: flags = value.number ?? 0
    default: break
    }
  }
  let owner: UInt32 = 2
  return flags & owner != 0 ? "\(family.name) \(name)" : nil
}

extension NetfilterChain {
  fileprivate init?(_ family: NetfilterFamily, _ payload: RawSpan) {
    self.init(family: family, table: "", name: "")
    forEachAttribute(in: payload, behind: header) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_CHAIN_TABLE.rawValue: table = value.text
      case NFTA_CHAIN_NAME.rawValue: name = value.text
      case NFTA_CHAIN_HOOK.rawValue: hook = NetfilterHook(value)
      case NFTA_CHAIN_POLICY.rawValue: dropsByPolicy = value.number == 0
      case NFTA_CHAIN_TYPE.rawValue: kind = Kind(rawValue: value.text) ?? .filter
      default: break
      }
    }
  }
}

extension NetfilterHook {
  fileprivate init(_ attributes: RawSpan) {
    self.init(number: .max)
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_HOOK_HOOKNUM.rawValue: number = value.number ?? .max
      case NFTA_HOOK_PRIORITY.rawValue: priority = Int32(bitPattern: value.number ?? 0)
      case NFTA_HOOK_DEV.rawValue: devices.append(value.text)
      case NFTA_HOOK_DEVS.rawValue:
        forEachAttribute(in: value, behind: 0) { kind, name in
          // Since Linux 6.16 it may be the beginning of names (NFTA_DEVICE_PREFIX).
          devices.append(UInt32(kind) == NFTA_DEVICE_NAME.rawValue ? name.text : name.text + "*")
        }
      default: break
      }
    }
  }
}

extension NetfilterRule {
  /// A rule, and the chain that it is in by its names alone.
  fileprivate static func placed(
    _ family: NetfilterFamily, _ payload: RawSpan
  ) -> (NetfilterChain, NetfilterRule)? {
    var chain = NetfilterChain(family: family, table: "", name: "")
    var rule = NetfilterRule(handle: 0, expressions: [])
    forEachAttribute(in: payload, behind: header) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_RULE_TABLE.rawValue: chain.table = value.text
      case NFTA_RULE_CHAIN.rawValue: chain.name = value.text
      case NFTA_RULE_HANDLE.rawValue where value.byteCount == 8:
        rule.handle = UInt64(bigEndian: value.native(at: 0))
      case NFTA_RULE_EXPRESSIONS.rawValue:
        forEachAttribute(in: value, behind: 0) { _, element in
          rule.expressions.append(NetfilterExpression(element))
        }
      default: break
      }
    }
    return (chain, rule)
  }
}

extension NetfilterSet {
  fileprivate init?(_ family: NetfilterFamily, _ payload: RawSpan) {
    self.init(family: family, table: "", name: "")
    forEachAttribute(in: payload, behind: header) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_SET_TABLE.rawValue: table = value.text
      case NFTA_SET_NAME.rawValue: name = value.text
      case NFTA_SET_FLAGS.rawValue:
        hasIntervals = (value.number ?? 0) & NFT_SET_INTERVAL.rawValue != 0
      case NFTA_SET_DESC.rawValue: fieldLengths = Self.fieldLengths(value)
      default: break
      }
    }
  }

  /// Reads the list NFTA_SET_DESC_CONCAT: the length of each part in octets.
  private static func fieldLengths(_ description: RawSpan) -> [Int] {
    var lengths: [Int] = []
    forEachAttribute(in: description, behind: 0) { attribute, list in
      guard UInt32(attribute) == NFTA_SET_DESC_CONCAT.rawValue else { return }
      forEachAttribute(in: list, behind: 0) { _, field in
        forEachAttribute(in: field, behind: 0) { attribute, value in
          guard UInt32(attribute) == NFTA_SET_FIELD_LEN.rawValue else { return }
          lengths.append(Int(value.number ?? 0))
        }
      }
    }
    return lengths
  }

  fileprivate mutating func readElements() throws(SystemError) {
    var payload: [UInt8] = [family.rawValue, 0, 0, 0]
    payload.append(attribute: UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: table)
    payload.append(attribute: UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: name)
    elements = try NetfilterRuleset.table(
      NFT_MSG_GETSETELEM, answer: NFT_MSG_NEWSETELEM, payload: payload
    ) { _, payload in
      var read: [Element] = []
      forEachAttribute(in: payload, behind: header) { attribute, list in
        guard UInt32(attribute) == NFTA_SET_ELEM_LIST_ELEMENTS.rawValue else { return }
        forEachAttribute(in: list, behind: 0) { _, element in read.append(Element(element)) }
      }
      return read
    }.flatMap { $0 }
  }
}

extension NetfilterSet.Element {
  fileprivate init(_ attributes: RawSpan) {
    self.init(key: [])
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_SET_ELEM_KEY.rawValue: key = NetfilterData(value).octets
      case NFTA_SET_ELEM_KEY_END.rawValue: keyEnd = NetfilterData(value).octets
      case NFTA_SET_ELEM_DATA.rawValue:
        let read = NetfilterData(value)
        (verdict, data) = (read.verdict, read.octets)
      case NFTA_SET_ELEM_FLAGS.rawValue:
        isIntervalEnd = (value.number ?? 0) & NFT_SET_ELEM_INTERVAL_END.rawValue != 0
        isCatchAll = (value.number ?? 0) & NFT_SET_ELEM_CATCHALL.rawValue != 0
      default: break
      }
    }
  }
}

/// A value or a verdict (NFTA_DATA_…).
struct NetfilterData {
  var octets: [UInt8] = []
  var verdict: NetfilterVerdict?

  init(_ attributes: RawSpan) {
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_DATA_VALUE.rawValue: octets = value.allOctets
      case NFTA_DATA_VERDICT.rawValue: verdict = NetfilterVerdict(value)
      default: break
      }
    }
  }
}

extension NetfilterVerdict {
  fileprivate init(_ attributes: RawSpan) {
    var code: UInt32?
    var chain = ""
    forEachAttribute(in: attributes, behind: 0) { attribute, value in
      switch UInt32(attribute) {
      case NFTA_VERDICT_CODE.rawValue: code = value.number
      case NFTA_VERDICT_CHAIN.rawValue: chain = value.text
      default: break
      }
    }
    // NF_ACCEPT and NF_DROP, then what nf_tables adds (enum nft_verdicts).
    switch code.map({ Int32(bitPattern: $0) }) {
    case 0: self = .drop
    case 1: self = .accept
    case -1: self = .goOn
    case -3: self = .jump(chain)
    case -4: self = .goTo(chain)
    case -5: self = .comeBack
    default: self = .other
    }
  }
}

extension RawSpan {
  /// A number of 32 bits in network order, as nf_tables has all of its numbers.
  var number: UInt32? {
    byteCount == 4 ? UInt32(bigEndian: native(at: 0)) : nil
  }

  /// A copy.
  var allOctets: [UInt8] { (0..<byteCount).map { native(at: $0, as: UInt8.self) } }
}

extension [UInt8] {
  /// Appends an attribute with a text and its zero.
  fileprivate mutating func append(attribute: UInt16, text: String) {
    append(attribute: attribute, octets: Array(text.utf8) + [0])
  }
}
