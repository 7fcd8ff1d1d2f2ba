import Kernel

// Answers plain solicitations for targets of the rules, keeps the kernel from others that are sent
// to one of these targets, and leaves everything else to whoever comes next: other programs, the
// kernel's IPv6 and the daemon.
//
// All functions are inlined: what one returns is compared with nil otherwise, and the verifier
// forbids that of pointers into packets to programs without CAP_PERFMON.

/// What becomes of a packet (`enum tcx_action_base`).
enum Verdict {
  /// The next program decides, and in the end the kernel.
  static var next: Int32 { -1 }
  /// Nobody else gets it.
  static var drop: Int32 { 2 }
}

/// Values of <linux/if_packet.h>.
enum PacketType {
  /// For this host.
  static var host: UInt32 { 0 }
  /// For another station.
  static var otherHost: UInt32 { 3 }
}

/// Called for every packet that comes in on a proxy interface.
@_cdecl("ndpproxy_answer")
public func answer(_ context: UnsafeMutablePointer<PacketContext>) -> Int32 {
  let interface = context.pointee.interface
  guard let state = lookUp(&state, UInt32(0), as: State.self),
    let link = lookUp(&links, interface, as: Link.self)
  else { return Verdict.next }
  if state.pointee.isWatched == 0, let frame = plainSolicitation(context),
    isAnswered(frame, in: context, on: interface, link, state)
  {
    return Int32(truncatingIfNeeded: bpf_redirect(interface, 0))
  }
  guard isProbe(context, on: interface, link) else { return Verdict.next }
  handOver(context, from: interface)
  return Verdict.drop
}

/// Makes an answer of a frame, if it is for a target that is there.
@inline(__always)
private func isAnswered(
  _ frame: UnsafeMutablePointer<Frame>, in context: UnsafeMutablePointer<PacketContext>,
  on interface: UInt32, _ link: UnsafeMutablePointer<Link>, _ state: UnsafeMutablePointer<State>
) -> Bool {
  guard isMeaningful(frame, on: interface, link),
    let source = source(of: frame, on: link),
    let rule = lookUp(&rules, PrefixKey(interface, frame.pointee.target), as: Rule.self),
    rule.pointee.method != Rule.isExclusion,
    rule.pointee.method == Rule.isStatic || isKnown(frame.pointee.target, on: interface, state)
      || rule.pointee.method == Rule.isRouted && isRouted(frame, in: context, from: interface)
  else { return false }
  increment(&answers, rule.pointee.position)
  turn(frame, intoAnswerFrom: source, on: link)
  return true
}

/// Counts one more, in an array of which every processor has its own.
@inline(__always)
private func increment(_ map: inout CChar, _ position: UInt32) {
  if let count = lookUp(&map, position, as: UInt64.self) { count.pointee &+= 1 }
}

/// The frame, where it is a solicitation of RFC 4861 §4.3 with a source and one source link-layer
/// address option, and nothing else.
@inline(__always)
private func plainSolicitation(
  _ context: UnsafeMutablePointer<PacketContext>
) -> UnsafeMutablePointer<Frame>? {
  let start = UInt(context.pointee.start)
  // The verifier allows no look beyond what this compares.
  guard start &+ UInt(Frame.length) <= UInt(context.pointee.end) else { return nil }
  guard context.pointee.length == UInt32(Frame.length), context.pointee.vlanPresent == 0,
    context.pointee.packetType != PacketType.otherHost
  else { return nil }
  let frame: UnsafeMutablePointer<Frame> = pointer(start)
  guard frame.pointee.etherType == Word.ipv6,
    frame.pointee.versionAndClass & Word.versionMask == Word.version,
    frame.pointee.payloadLength == Word.messageLength,
    frame.pointee.nextHeaderAndHopLimit == Word.icmpv6AndHopLimit,
    frame.pointee.typeAndCode == Word.solicitation,
    frame.pointee.optionTypeAndLength == Word.sourceOption,
    frame.checksumOfMessage == 0xffff
  else { return nil }
  return frame
}

/// The pointer with these bits.
///
/// The initializer for that compares them with zero, which the verifier forbids to programs without
/// CAP_PERFMON.
@inline(__always)
private func pointer<Pointer>(_ bits: UInt) -> Pointer { unsafeBitCast(bits, to: Pointer.self) }

/// Whether the addresses are such as a neighbor on the link may use to ask for one of ours.
@inline(__always)
private func isMeaningful(
  _ frame: UnsafeMutablePointer<Frame>, on interface: UInt32, _ link: UnsafeMutablePointer<Link>
) -> Bool {
  let source = frame.pointee.source
  let target = frame.pointee.target
  guard frame.pointee.linkSource.isUnicast, frame.pointee.optionAddress.isUnicast,
    !source.isSpecial, !source.isMulticast,
    !target.isSpecial, !target.isMulticast, !target.isLinkLocal,
    !frame.pointee.destination.isSpecial, !(source == target)
  else { return false }
  // To a group, or to this host.
  guard
    frame.pointee.linkDestination.words.0 & Word.groupBit != 0
      || frame.pointee.linkDestination == link.pointee.address
  else { return false }
  if isStation(frame.pointee.linkSource) { return false }
  if !(frame.pointee.optionAddress == frame.pointee.linkSource),
    isStation(frame.pointee.optionAddress)
  {
    return false
  }
  if isOwn(target, on: 0) || isOwn(source, on: interface) { return false }
  return source.isLinkLocal
    || lookUp(&places, PrefixKey(interface, source), as: UInt32.self) != nil
}

/// Whether a link-layer address is one of this host's.
@inline(__always)
private func isStation(_ address: MACAddress) -> Bool {
  // Eight octets, for hash maps take keys of whole words.
  lookUp(&stations, (address, UInt16(0)), as: UInt32.self) != nil
}

/// Whether an address is one of an interface or, for 0, of this host or of its subnets' routers;
/// link-local ones are those of an interface only.
@inline(__always)
private func isOwn(_ address: IPv6Address, on interface: UInt32) -> Bool {
  lookUp(&own, TargetKey(interface, address), as: UInt32.self) != nil
}

/// The address that the answer comes from; `nil` where the interface has no choice of its own.
@inline(__always)
private func source(
  of frame: UnsafeMutablePointer<Frame>, on link: UnsafeMutablePointer<Link>
) -> IPv6Address? {
  if link.pointee.has(Link.answersAsTarget) { return frame.pointee.target }
  if frame.pointee.source.isLinkLocal {
    return link.pointee.has(Link.hasLinkLocalSource) ? link.pointee.linkLocalSource : nil
  }
  return link.pointee.has(Link.hasGlobalSource) ? link.pointee.globalSource : nil
}

/// Whether the daemon has confirmed a target; takes down that somebody asked.
@inline(__always)
private func isKnown(
  _ target: IPv6Address, on interface: UInt32, _ state: UnsafeMutablePointer<State>
) -> Bool {
  guard let known = lookUp(&targets, TargetKey(interface, target), as: Target.self) else {
    return false
  }
  let now = bpf_ktime_get_boot_ns()
  guard now < known.pointee.end,
    known.pointee.isRouted == 0
      || known.pointee.routeGeneration == state.pointee.routeGeneration
  else { return false }
  known.pointee.asked = now
  known.pointee.count &+= 1
  return true
}

/// Whether the kernel would forward a packet for the target, that came in here, to an interface on
/// which nobody can be asked.
@inline(__always)
private func isRouted(
  _ frame: UnsafeMutablePointer<Frame>, in context: UnsafeMutablePointer<PacketContext>,
  from interface: UInt32
) -> Bool {
  var question = RouteQuestion()
  question.family = Route.ipv6
  question.interface = interface
  question.source = frame.pointee.source.words
  question.destination = frame.pointee.target.words
  let result = bpf_fib_lookup(
    context, &question, Int32(MemoryLayout<RouteQuestion>.size), Route.withoutNeighbor)
  // Kernels before 6.4 refuse the flag: the daemon answers there.
  guard result == Route.found, question.interface != interface else { return false }
  return lookUp(&tunnels, question.interface, as: UInt32.self) != nil
}

/// Values of `bpf_fib_lookup`.
private enum Route {
  /// `AF_INET6`.
  static var ipv6: UInt8 { 10 }
  /// `BPF_FIB_LOOKUP_SKIP_NEIGH`.
  static var withoutNeighbor: UInt32 { 1 << 2 }
  static var found: Int64 { 0 }
}

/// Makes an advertisement of the solicitation (RFC 4861 §4.4, §7.2.4).
@inline(__always)
private func turn(
  _ frame: UnsafeMutablePointer<Frame>, intoAnswerFrom source: IPv6Address,
  on link: UnsafeMutablePointer<Link>
) {
  let own = link.pointee.address
  // S is set, for every solicitor here has an address.
  var flags: UInt16 = 0x0040
  if link.pointee.has(Link.isRouter) { flags |= 0x0080 }
  if link.pointee.has(Link.isOverride) { flags |= 0x0020 }
  frame.pointee.linkDestination = frame.pointee.optionAddress
  frame.pointee.linkSource = own
  frame.pointee.versionAndClass = Word.version
  frame.pointee.flowLabel = 0
  frame.pointee.destination = frame.pointee.source
  frame.pointee.source = source
  frame.pointee.typeAndCode = Word.advertisement
  frame.pointee.flags = flags
  frame.pointee.reserved = 0
  frame.pointee.optionTypeAndLength = Word.targetOption
  frame.pointee.optionAddress = own
  frame.pointee.checksum = 0
  frame.pointee.checksum = ~frame.checksumOfMessage
}

// MARK: - What the kernel is not to see

/// Whether a packet is a solicitation that was sent to the target itself, as routers do that knew
/// it before (RFC 4861 §7.3.3), and the target is one of a rule.
///
/// The kernel would pass it on, or tell the router that it cannot (RFC 4443 §3.1).
@inline(__always)
private func isProbe(
  _ context: UnsafeMutablePointer<PacketContext>, on interface: UInt32,
  _ link: UnsafeMutablePointer<Link>
) -> Bool {
  let start = UInt(context.pointee.start)
  guard start &+ UInt(Frame.lengthWithoutOption) <= UInt(context.pointee.end) else { return false }
  guard context.pointee.packetType == PacketType.host, context.pointee.vlanPresent == 0,
    Handed.hasRoom(context.pointee.length)
  else { return false }
  let frame: UnsafeMutablePointer<Frame> = pointer(start)
  let target = frame.pointee.target
  guard frame.pointee.etherType == Word.ipv6,
    frame.pointee.nextHeaderAndHopLimit == Word.icmpv6AndHopLimit,
    frame.pointee.typeAndCode == Word.solicitation,
    frame.pointee.linkDestination == link.pointee.address,
    frame.pointee.destination == target,
    !target.isSpecial, !target.isMulticast, !target.isLinkLocal, !isOwn(target, on: 0)
  else { return false }
  guard let rule = lookUp(&rules, PrefixKey(interface, target), as: Rule.self) else { return false }
  return rule.pointee.method != Rule.isExclusion
}

/// Gives a packet to the daemon; counts it where there is no room.
@inline(__always)
private func handOver(_ context: UnsafeMutablePointer<PacketContext>, from interface: UInt32) {
  guard let record = bpf_ringbuf_reserve(&handed, Handed.recordLength, 0) else {
    return increment(&losses, 0)
  }
  let length = context.pointee.length
  guard copy(context, length, to: record + Handed.headerLength) else {
    return bpf_ringbuf_discard(record, 0)
  }
  let header = record.assumingMemoryBound(to: UInt32.self)
  header[0] = interface
  header[1] = length
  bpf_ringbuf_submit(record, 0)
}

/// Copies the octets of a solicitation with no more than three options of one unit; says whether it
/// is one.
///
/// Each length is a constant: older verifiers cannot tell that a length which was compared with two
/// limits lies between them.
@inline(__always)
private func copy(
  _ context: UnsafeMutablePointer<PacketContext>, _ length: UInt32,
  to record: UnsafeMutableRawPointer
) -> Bool {
  if length == 78 { return bpf_skb_load_bytes(context, 0, record, 78) == 0 }
  if length == 86 { return bpf_skb_load_bytes(context, 0, record, 86) == 0 }
  if length == 94 { return bpf_skb_load_bytes(context, 0, record, 94) == 0 }
  if length == 102 { return bpf_skb_load_bytes(context, 0, record, 102) == 0 }
  return false
}
