import Kernel

// What is answered, and how: the same for both programs.
//
// All functions are inlined: what one returns is compared with nil otherwise, and the verifier
// forbids that of pointers into packets to programs without CAP_PERFMON.

/// Makes an answer of a solicitation, if it is for a target that is there.
@inline(__always)
func isAnswered(
  _ frame: UnsafeMutablePointer<Frame>, in context: UnsafeMutableRawPointer,
  on link: UnsafeMutablePointer<Link>
) -> Bool {
  guard isMeaningful(frame, on: link) else { return false }
  var key = PrefixKey(link.pointee.interface, IPv6Address(&frame.pointee.source))
  guard let place = lookUp(&places, at: &key, as: Place.self), place.pointee.kind != Place.isLeft
  else { return false }
  key.address = IPv6Address(&frame.pointee.target)
  guard let rule = lookUp(&rules, at: &key, as: Rule.self) else { return false }
  let (method, position) = (rule.pointee.method, rule.pointee.position)
  guard method != Rule.isExclusion,
    method == Rule.isStatic || isKnown(at: &key)
      || method == Rule.isRouted && isRouted(frame, in: context, from: link)
  else { return false }
  increment(&answers, position)
  turn(frame, intoAnswerFrom: place, on: link)
  return true
}

/// Counts one more, in an array of which every processor has its own.
@inline(__always)
func increment(_ map: inout CChar, _ position: UInt32) {
  if let count = lookUp(&map, position, as: UInt64.self) { count.pointee &+= 1 }
}

/// Whether a packet has so many octets in one piece: the verifier allows no look beyond what this
/// compares.
@inline(__always)
func hasRoom(_ length: Int, from start: UInt32, to end: UInt32) -> Bool {
  UInt(start) &+ UInt(length) <= UInt(end)
}

/// The pointer with these bits.
///
/// The initializer for that compares them with zero, which the verifier forbids to programs without
/// CAP_PERFMON.
@inline(__always)
func pointer<Pointer>(_ bits: UInt) -> Pointer { unsafeBitCast(bits, to: Pointer.self) }

/// Whether the addresses are such as a neighbor on the link may use to ask for one of ours.
@inline(__always)
private func isMeaningful(
  _ frame: UnsafeMutablePointer<Frame>, on link: UnsafeMutablePointer<Link>
) -> Bool {
  let source = IPv6Address(&frame.pointee.source)
  let target = IPv6Address(&frame.pointee.target)
  guard frame.pointee.linkSource.isUnicast, frame.pointee.optionAddress.isUnicast,
    !source.isSpecial, !source.isMulticast,
    !target.isSpecial, !target.isMulticast, !target.isLinkLocal,
    !IPv6Address(&frame.pointee.destination).isSpecial, !(source == target)
  else { return false }
  // To a group, or to this host.
  guard
    frame.pointee.linkDestination.words.0 & Word.groupBit != 0
      || frame.pointee.linkDestination == link.pointee.address
  else { return false }
  if isStation(&frame.pointee.linkSource) { return false }
  if !(frame.pointee.optionAddress == frame.pointee.linkSource),
    isStation(&frame.pointee.optionAddress)
  {
    return false
  }
  return !isOwn(&frame.pointee.target)
}

/// Whether a link-layer address is one of this host's.
@inline(__always)
private func isStation(_ address: inout MACAddress) -> Bool {
  lookUp(&stations, at: &address, as: UInt32.self) != nil
}

/// Whether an address is one of this host, but no link-local one, or of its subnets' routers.
@inline(__always)
func isOwn(_ address: inout PackedAddress) -> Bool {
  lookUp(&own, at: &address, as: UInt32.self) != nil
}

/// Whether the daemon has confirmed a target; takes down that somebody asked.
@inline(__always)
private func isKnown(at key: inout PrefixKey) -> Bool {
  guard let known = lookUp(&targets, at: &key, as: Target.self) else { return false }
  let now = bpf_ktime_get_boot_ns()
  guard now < known.pointee.end, known.pointee.isRouted == 0 || isCurrent(known) else {
    return false
  }
  known.pointee.asked = now
  known.pointee.count &+= 1
  return true
}

/// Whether a target was found by the routes that count.
@inline(__always)
private func isCurrent(_ known: UnsafeMutablePointer<Target>) -> Bool {
  guard let state = lookUp(&state, 0, as: State.self) else { return false }
  return known.pointee.routeGeneration == state.pointee.routeGeneration
}

/// Whether the kernel would forward a packet for the target, that came in here, to an interface on
/// which nobody can be asked.
@inline(__always)
private func isRouted(
  _ frame: UnsafeMutablePointer<Frame>, in context: UnsafeMutableRawPointer,
  from link: UnsafeMutablePointer<Link>
) -> Bool {
  var question = RouteQuestion()
  question.family = Route.ipv6
  question.interface = link.pointee.interface
  question.source = frame.pointee.source.words
  question.destination = frame.pointee.target.words
  let result = bpf_fib_lookup(
    context, &question, Int32(MemoryLayout<RouteQuestion>.size), Route.withoutNeighbor)
  // Kernels before 6.4 refuse the flag: the daemon answers there.
  guard result == Route.found, question.interface != link.pointee.interface else { return false }
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
  _ frame: UnsafeMutablePointer<Frame>, intoAnswerFrom place: UnsafeMutablePointer<Place>,
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
  IPv6Address(&frame.pointee.source).copy(to: &frame.pointee.destination)
  if place.pointee.kind == Place.hasSource {
    place.pointee.source.copy(to: &frame.pointee.source)
  } else {
    IPv6Address(&frame.pointee.target).copy(to: &frame.pointee.source)
  }
  frame.pointee.typeAndCode = Word.advertisement
  frame.pointee.flags = flags
  frame.pointee.reserved = 0
  frame.pointee.optionTypeAndLength = Word.targetOption
  frame.pointee.optionAddress = own
  frame.pointee.checksum = 0
  frame.pointee.checksum = ~frame.checksumOfMessage
}
