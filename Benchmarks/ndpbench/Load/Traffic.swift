import Dispatch
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Synchronization

/// Packets from the asker's link to a member, which the responder's host forwards, at a steady rate
/// on a thread of its own.
final class Traffic: Sendable {
  private let sent = Atomic<Int>(0)
  private let received = Atomic<Int>(0)
  private let failure = Mutex<(any Error)?>(nil)
  private let hasEnded = DispatchSemaphore(value: 0)
  private let bench: Bench

  /// Where they go.
  static let destination = member(0)
  /// As many are sent at once.
  private static let batch = 10

  init(on bench: Bench) { self.bench = bench }

  /// Sends until the clock says `end`, on the responder's processor; its cable is the only one that
  /// a flood does not use.
  func start(perSecond rate: Int, until end: UInt64) {
    DispatchQueue(label: "traffic").async { [self] in
      defer { hasEnded.signal() }
      do {
        try ProcessorAffinity.pin(to: bench.processors.responder)
        try send(perSecond: rate, until: end)
      } catch {
        failure.withLock { $0 = error }
      }
    }
  }

  /// Waits for its end; returns how many packets were sent, and how many arrived.
  func wait() throws -> (sent: Int, received: Int) {
    hasEnded.wait()
    if let error = failure.withLock({ $0 }) { throw error }
    return (sent.load(ordering: .relaxed), received.load(ordering: .relaxed))
  }

  private func send(perSecond rate: Int, until end: UInt64) throws {
    let socket = try bench.link.member.namespace.run {
      try PacketSocket(
        interfaceIndex: bench.memberIndex, filter: PacketFilter(matching: "ip6 and udp"),
        allMulticast: false)
    }
    let sender = try bench.link.asker.namespace.run {
      try PacketSender(interfaceIndex: bench.askerIndex)
    }
    let packet = Self.packet()
    var counts = (sent: 0, received: 0)
    func take() throws {
      while case let count = try socket.receive({ _, _ in }), count > 0 { counts.received += count }
    }
    let start = BootClock.nanoseconds
    while case let now = BootClock.nanoseconds, now < end {
      let due = Int(UInt128(now - start) * UInt128(rate) / 1_000_000_000) + 1
      guard due - counts.sent >= Self.batch else {
        try take()
        BootClock.sleep(for: .microseconds(100))
        continue
      }
      for _ in 0..<Self.batch {
        sender.enqueue { span in
          for (place, octet) in packet.enumerated() {
            span.storeBytes(of: octet, toByteOffset: place, as: UInt8.self)
          }
          return packet.count
        }
      }
      sender.flush()
      counts.sent += Self.batch
    }
    BootClock.sleep(for: .milliseconds(50))
    try take()
    counts.sent -= Int(sender.unsentCount)
    counts.received += Int(socket.takeOverrunCount())
    sent.store(counts.sent, ordering: .relaxed)
    received.store(counts.received, ordering: .relaxed)
  }

  /// A UDP datagram of 64 octets.
  private static func packet() -> [UInt8] {
    func octets(_ address: IPv6Address) -> [UInt8] {
      (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * UInt128($0))) }
    }
    func octets(_ address: MACAddress) -> [UInt8] {
      (0..<6).map { UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * UInt64($0))) }
    }
    let datagram: [UInt8] =
      [0x30, 0x39, 0x30, 0x39, 0, 72, 0x12, 0x34] + Array(repeating: 7, count: 64)
    let header: [UInt8] = [0x60, 0, 0, 0, 0, UInt8(datagram.count), 17, 64]
    return octets(BenchLink.responderLinkLayerAddress) + octets(BenchLink.askerLinkLayerAddress)
      + [0x86, 0xdd] + header + octets(BenchLink.askerAddress) + octets(destination) + datagram
  }
}
