import LinuxSurvey
import NDPWire
import NetworkLab

/// A daemon that runs in a lab, or the lab's kernel alone.
actor LiveSubject: Subject {
  nonisolated let kind: SubjectKind

  private let process: RunningProcess?
  private let links: [Side: CapturedLink]
  private var frames = FrameLog()
  private var latestLook = Duration.zero

  init(_ kind: SubjectKind, in lab: LiveLab, process: RunningProcess?) throws {
    self.kind = kind
    self.process = process
    var links: [Side: CapturedLink] = [:]
    for side in Side.allCases { links[side] = try CapturedLink(side, of: lab) }
    self.links = links
  }

  var now: Duration { wallClock() }

  var log: [String] { process?.lines ?? [] }

  func send(_ octets: [UInt8], on side: Side) throws {
    try links[side]!.send(octets)
  }

  nonisolated func wait(_ duration: Duration) async throws {
    try await Task.sleep(for: max(duration, .milliseconds(20)))
  }

  func emitted(about addresses: Set<IPv6Address>) throws -> [EmittedFrame] {
    try look()
    return frames.frames(about: addresses)
  }

  func hasArrived(_ octets: [UInt8], on side: Side) throws -> Bool {
    try look()
    return links[side]!.arrived.contains(Array(octets.prefix(CapturedLink.snapLength)))
  }

  /// Takes up what has come, unless that was done a moment ago.
  private func look() throws {
    let now = wallClock()
    guard now - latestLook >= .milliseconds(5) else { return }
    latestLook = now
    for link in links.values {
      for frame in link.takeEmitted() { frames.add(frame) }
    }
  }
}

/// One cable of a lab: a socket at its far end, and a capture at each end.
private final class CapturedLink {
  static let snapLength = 256

  private let side: Side
  private let socket: RawSocket
  /// How often a frame was sent that the outgoing capture has yet to see.
  private var sent: [[UInt8]: Int] = [:]
  /// What the proxy's interface got, each frame cut to the snap length.
  private(set) var arrived: Set<[UInt8]> = []
  private var incoming: PacketCapture
  private var outgoing: PacketCapture

  init(_ side: Side, of lab: LiveLab) throws {
    self.side = side
    let name = side.rawValue
    socket = try lab.peer.namespace.run { try RawSocket(interface: name) }
    // libpcap's word `inbound` loses the first frames.
    incoming = try lab.proxy.capture(on: name, filter: "")
    outgoing = try lab.peer.capture(on: name, filter: "")
  }

  func send(_ octets: [UInt8]) throws {
    sent[Array(octets.prefix(Self.snapLength)), default: 0] += 1
    try socket.send(octets)
  }

  func takeEmitted() -> [EmittedFrame] {
    // Captures end with their interfaces.
    while let frame = try? incoming.next() { arrived.insert(frame.octets) }
    var emitted: [EmittedFrame] = []
    while let frame = try? outgoing.next() {
      if let count = sent[frame.octets], count > 0 {
        sent[frame.octets] = count - 1
        continue
      }
      emitted.append(EmittedFrame(side: side, time: frame.timestamp, octets: frame.octets))
    }
    return emitted
  }
}
