import Kernel

// The program of traffic control: it answers plain solicitations for targets of the rules, keeps
// the kernel from others that are sent to one of these targets, and leaves everything else to
// whoever comes next: other programs, the kernel's IPv6 and the daemon.

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
  // Most packets are no solicitations, and are to cost nothing more.
  let length = context.pointee.length
  guard context.pointee.protocol == UInt32(Word.ipv6), length >= UInt32(Frame.lengthWithoutOption),
    length <= Handed.greatestLength
  else { return Verdict.next }
  // Some drivers leave all but the first octets in other pages.
  if !hasRoom(Frame.lengthWithoutOption, from: context.pointee.start, to: context.pointee.end)
    || length >= UInt32(Frame.length)
      && !hasRoom(Frame.length, from: context.pointee.start, to: context.pointee.end)
  {
    _ = bpf_skb_pull_data(context, length)
  }
  if isUntagged(context),
    hasRoom(Frame.length, from: context.pointee.start, to: context.pointee.end)
  {
    let frame: UnsafeMutablePointer<Frame> = pointer(UInt(context.pointee.start))
    if frame.isPlainSolicitation, !isWatched(),
      let link = lookUp(&links, context.pointee.interface, as: Link.self),
      isAnswered(frame, in: context, on: link)
    {
      return Int32(truncatingIfNeeded: bpf_redirect(link.pointee.interface, 0))
    }
  }
  guard isProbe(context) else { return Verdict.next }
  handOver(context)
  return Verdict.drop
}

/// Whether a packet has the length of a `Frame`, is on no VLAN, and may be for this host.
@inline(__always)
private func isUntagged(_ context: UnsafeMutablePointer<PacketContext>) -> Bool {
  context.pointee.length == UInt32(Frame.length) && context.pointee.vlanPresent == 0
    && context.pointee.packetType != PacketType.otherHost
}

/// Whether a packet is a solicitation that was sent to the target itself, as routers do that knew
/// it before (RFC 4861 §7.3.3), and the target is one of a rule.
///
/// The kernel would pass it on, or tell the router that it cannot (RFC 4443 §3.1).
@inline(__always)
private func isProbe(_ context: UnsafeMutablePointer<PacketContext>) -> Bool {
  guard hasRoom(Frame.lengthWithoutOption, from: context.pointee.start, to: context.pointee.end)
  else { return false }
  guard context.pointee.packetType == PacketType.host, context.pointee.vlanPresent == 0,
    Handed.hasRoom(context.pointee.length)
  else { return false }
  let frame: UnsafeMutablePointer<Frame> = pointer(UInt(context.pointee.start))
  guard frame.pointee.etherType == Word.ipv6,
    frame.pointee.nextHeaderAndHopLimit == Word.icmpv6AndHopLimit,
    frame.pointee.typeAndCode == Word.solicitation,
    let link = lookUp(&links, context.pointee.interface, as: Link.self),
    frame.pointee.linkDestination == link.pointee.address
  else { return false }
  let target = IPv6Address(&frame.pointee.target)
  guard target == IPv6Address(&frame.pointee.destination),
    !target.isSpecial, !target.isMulticast, !target.isLinkLocal, !isOwn(&frame.pointee.target)
  else { return false }
  var key = PrefixKey(link.pointee.interface, IPv6Address(&frame.pointee.target))
  guard let rule = lookUp(&rules, at: &key, as: Rule.self) else { return false }
  return rule.pointee.method != Rule.isExclusion
}

/// Gives a packet to the daemon; counts it where there is no room.
@inline(__always)
private func handOver(_ context: UnsafeMutablePointer<PacketContext>) {
  guard let record = bpf_ringbuf_reserve(&handed, Handed.recordLength, 0) else {
    return increment(&losses, 0)
  }
  let length = context.pointee.length
  guard copy(context, length, to: record + Handed.headerLength) else {
    return bpf_ringbuf_discard(record, 0)
  }
  let header = record.assumingMemoryBound(to: UInt32.self)
  header[0] = context.pointee.interface
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
