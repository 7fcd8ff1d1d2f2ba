import Kernel

// The same answers one step earlier: where the driver has XDP, before the kernel makes a packet of
// what came in. What is not answered here takes its usual way, past the program of Packet.swift.

/// What becomes of a packet (`enum xdp_action`).
enum EarlyVerdict {
  /// Nobody else gets it.
  static var drop: Int32 { 1 }
  /// It takes its usual way.
  static var pass: Int32 { 2 }
  /// It leaves by the interface on which it came.
  static var send: Int32 { 3 }
}

/// Called for every packet that comes in on a proxy interface, by its driver.
@_cdecl("ndpproxy_answer_early")
public func answerEarly(_ context: UnsafeMutablePointer<EarlyContext>) -> Int32 {
  guard bpf_xdp_get_buff_len(context) == UInt64(Frame.length) else { return EarlyVerdict.pass }
  // What is compared has to be what is looked at: the verifier takes another copy for unknown.
  let start = context.pointee.start
  guard hasRoom(Frame.length, from: start, to: context.pointee.end) else {
    return EarlyVerdict.pass
  }
  let frame: UnsafeMutablePointer<Frame> = pointer(UInt(start))
  if frame.isPlainSolicitation {
    guard !isWatched(), let link = lookUp(&links, context.pointee.interface, as: Link.self),
      link.pointee.has(Link.answersEarly), isAnswered(frame, in: context, on: link)
    else { return EarlyVerdict.pass }
    return EarlyVerdict.send
  }
  guard frame.isEchoReply,
    let link = lookUp(&links, context.pointee.interface, as: Link.self),
    frame.pointee.linkDestination == link.pointee.address
  else { return EarlyVerdict.pass }
  return verdict(onReply: frame, to: link.pointee.interface)
}

/// What becomes of an echo reply: if it is the first one of a test, a request is made of it, the
/// reply to which shows that the request has left the interface.
@inline(__always)
private func verdict(onReply frame: UnsafeMutablePointer<Frame>, to interface: UInt32) -> Int32 {
  guard let trial = lookUp(&trials, interface, as: Trial.self),
    frame.pointee.flags == trial.pointee.identifier
  else { return EarlyVerdict.pass }
  if frame.pointee.reserved == Trial.second {
    trial.pointee.returned &+= 1
    return EarlyVerdict.drop
  }
  guard frame.pointee.reserved == Trial.first, trial.pointee.turned < Trial.limit,
    frame.pointee.linkSource.isUnicast, !IPv6Address(&frame.pointee.source).isMulticast
  else { return EarlyVerdict.drop }
  trial.pointee.turned &+= 1
  let station = frame.pointee.linkSource
  frame.pointee.linkSource = frame.pointee.linkDestination
  frame.pointee.linkDestination = station
  let neighbor = frame.pointee.source
  frame.pointee.source = frame.pointee.destination
  frame.pointee.destination = neighbor
  frame.pointee.typeAndCode = Word.echoRequest
  frame.pointee.reserved = Trial.second
  frame.pointee.checksum = 0
  frame.pointee.checksum = ~frame.checksumOfMessage
  return EarlyVerdict.send
}

extension UnsafeMutablePointer<Frame> {
  /// Whether it is an ICMPv6 echo reply with as much data as makes a message of 32 octets.
  ///
  /// The identifier is where a solicitation has its flags, the sequence number behind it.
  @inline(__always)
  fileprivate var isEchoReply: Bool {
    pointee.etherType == Word.ipv6
      && pointee.versionAndClass & Word.versionMask == Word.version
      && pointee.payloadLength == Word.messageLength
      && pointee.nextHeaderAndHopLimit & Word.nextHeaderMask == Word.icmpv6
      && pointee.typeAndCode == Word.echoReply
  }
}
