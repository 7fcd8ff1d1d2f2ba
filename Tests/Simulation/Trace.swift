import NDPWire
import ProxyEngine
import ProxyModel

/// What happened in a run: always as a hash, and as text where it is to be read.
struct Trace {
  /// FNV-1a, 64 bits, over everything noted.
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var lines: [String] = []
  let keepsLines: Bool

  init(keepsLines: Bool) {
    self.keepsLines = keepsLines
  }

  mutating func note(_ time: Instant, _ text: @autoclosure () -> String) {
    combine(time.nanoseconds)
    guard keepsLines else { return }
    lines.append("\(time.seconds) \(text())")
  }

  mutating func note(_ time: Instant, _ octets: [UInt8], _ text: @autoclosure () -> String) {
    for octet in octets { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3 }
    note(time, "\(text()): \(sentence(about: octets))")
  }

  private mutating func combine(_ word: UInt64) {
    hash = (hash ^ word) &* 0x100_0000_01b3
  }
}

/// A frame in words.
func sentence(about octets: [UInt8]) -> String {
  do throws(DropReason) {
    switch try NeighborDiscoveryFrame(decoding: octets.span.bytes) {
    case .solicitation(let frame):
      let message = frame.message
      return """
        NS \(message.target) from \(message.source) [\(frame.source)] to \(message.destination) \
        [\(frame.destination)]
        """
    case .advertisement(let frame):
      let message = frame.message
      let flags =
        (message.isRouter ? "R" : "") + (message.isSolicited ? "S" : "")
        + (message.isOverride ? "O" : "")
      let address = message.targetLinkLayerAddress.map(\.description) ?? "nowhere"
      return """
        NA \(message.target) is at \(address) (\(flags)) from \(message.source) \
        [\(frame.source)] to \(message.destination) [\(frame.destination)]
        """
    }
  } catch {
    return "malformed (\(error)), \(octets.count) octets"
  }
}
