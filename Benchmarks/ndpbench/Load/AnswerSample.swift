import LinuxNet
import NDPWire
import NetworkLab

/// Receives answers at the asker, all of them or a fixed part, and looks at each.
///
/// A part costs next to nothing where there are too many to take: the kernel picks those whose
/// target ends in zeros, and its counters tell how many there were altogether.
final class AnswerSample {
  /// One of how many targets is looked at; a power of two.
  let divisor: Int
  /// Answers that are what they should be.
  private(set) var count = 0
  /// Why another is not.
  private(set) var defect: String?

  private let socket: PacketSocket
  private let expected: Expectation

  /// What an answer has to be like.
  struct Expectation {
    let prefix: IPv6Prefix
    let destination: IPv6Address
    /// `nil` where it is not known.
    let linkLayerAddress: MACAddress?

    /// In the lab.
    static let lab = Expectation(
      prefix: BenchLink.proxiedPrefix, destination: BenchLink.askerAddress,
      linkLayerAddress: BenchLink.responderLinkLayerAddress)
  }

  /// Opens a socket at the asker; `divisor` is 1 through 256.
  convenience init(on link: BenchLink, index: Int32, divisor: Int) throws {
    self.init(
      try link.asker.namespace.run {
        try AnswerSample.socket(interfaceIndex: index, divisor: divisor)
      },
      divisor: divisor, expecting: .lab)
  }

  /// Looks at what a socket from `socket(interfaceIndex:divisor:)` receives.
  init(_ socket: PacketSocket, divisor: Int, expecting expected: Expectation) {
    self.socket = socket
    self.divisor = divisor
    self.expected = expected
  }

  /// A socket on an interface of the thread's namespace that receives a part of all answers.
  static func socket(interfaceIndex: Int32, divisor: Int) throws -> PacketSocket {
    precondition(1...256 ~= divisor && divisor.nonzeroBitCount == 1)
    let filter = PacketFilter(
      matching: "icmp6 and ip6[40] == 136 and ip6[63] & \(divisor - 1) == 0")
    return try PacketSocket(interfaceIndex: interfaceIndex, filter: filter, allMulticast: false)
  }

  /// Takes up what has come; does not wait.
  func take() throws {
    while try socket.receive({ frame, _ in look(at: frame) }) == PacketSocket.batchSize {}
  }

  /// Throws what was wrong with an answer, or that the kernel had no room for all of them.
  func check() throws {
    if let defect { throw BenchFailure("a wrong answer: \(defect)") }
    let overrun = socket.takeOverrunCount()
    guard overrun == 0 else { throw BenchFailure("\(overrun) answers were not checked") }
  }

  private func look(at octets: RawSpan) {
    do {
      guard case .advertisement(let frame) = try NeighborDiscoveryFrame(decoding: octets) else {
        return
      }
      let message = frame.message
      guard expected.prefix.contains(message.target) else {
        return defect = "about \(message.target), which was not solicited"
      }
      guard message.isSolicited, message.destination == expected.destination else {
        return defect = "to \(message.destination), not to the solicitor"
      }
      let place = message.targetLinkLayerAddress
      guard place != nil, expected.linkLayerAddress ?? place == place else {
        return defect = "\(message.target) is not at the responder's link-layer address"
      }
      count += 1
    } catch {
      defect = "\(error)"
    }
  }
}
