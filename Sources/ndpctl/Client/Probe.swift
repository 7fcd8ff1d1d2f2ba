import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

/// Asks for an address as a router does: first a group, then whoever answered by name.
struct Probe {
  /// The address that is asked for.
  let target: IPv6Address
  /// Where it is asked.
  let link: Link
  /// Who asks: an address of the interface.
  let source: IPv6Address

  /// An advertisement that came for the target.
  struct Answer {
    let frame: EthernetFrame<NeighborAdvertisement>
    /// Since the question.
    let latency: Duration

    /// Who says to have the target.
    var claimant: MACAddress { frame.message.targetLinkLayerAddress ?? frame.source }
  }

  /// The answers to both questions, in the order in which they came.
  struct Outcome {
    var toGroup: [Answer] = []
    var toName: [Answer] = []

    /// The stations that answered the first question, each once.
    var claimants: [MACAddress] {
      var seen: Set<MACAddress> = []
      return toGroup.map(\.claimant).filter { seen.insert($0).inserted }
    }
  }

  /// RetransTimer and the number of solicitations of RFC 4861 §10.
  private static let patience = Duration.seconds(1)
  private static let attempts = 3

  /// How long others may take once one has answered; the kernel's proxy delays up to 800 ms.
  private static let grace = Duration.seconds(1)

  /// Asks; takes six seconds where nobody answers, two or three otherwise.
  ///
  /// Throws `SystemError` without CAP_NET_RAW, and what libpcap says.
  func run() throws -> Outcome {
    let sender = try PacketSender(interfaceIndex: link.index)
    var capture = try PacketCapture(
      interface: link.name, filter: "icmp6 and (ip6[40] == 135 or ip6[40] == 136)")
    var outcome = Outcome()
    let group = target.solicitedNodeMulticast
    outcome.toGroup = try ask(
      EthernetFrame(
        source: own, destination: MACAddress(multicast: group), message: question(to: group)),
      &capture, sender)
    for claimant in outcome.claimants {
      outcome.toName += try ask(
        EthernetFrame(source: own, destination: claimant, message: question(to: target)),
        &capture, sender)
    }
    return outcome
  }

  private var own: MACAddress { link.linkLayerAddress ?? MACAddress(bits: 0) }

  private func question(to destination: IPv6Address) -> NeighborSolicitation {
    NeighborSolicitation(
      source: source, destination: destination, target: target, sourceLinkLayerAddress: own)
  }

  private func ask(
    _ frame: EthernetFrame<NeighborSolicitation>, _ capture: inout PacketCapture,
    _ sender: PacketSender
  ) throws -> [Answer] {
    for _ in 0..<Self.attempts {
      sender.enqueue { frame.encode(into: &$0) }
      sender.flush()
      let answers = try listen(&capture, to: frame.destination)
      if !answers.isEmpty { return answers }
    }
    return []
  }

  /// What comes within a second, or within another once something has come.
  private func listen(
    _ capture: inout PacketCapture, to destination: MACAddress
  ) throws -> [Answer] {
    let clock = ContinuousClock()
    var deadline = clock.now + Self.patience
    var asked: Duration?
    var answers: [Answer] = []
    while clock.now < deadline {
      guard let captured = try capture.next(within: deadline - clock.now),
        let frame = try? captured.decoded()
      else { continue }
      switch frame {
      case .solicitation(let question) where question.message.target == target:
        if question.source == own { asked = captured.timestamp }
      case .advertisement(let answer) where answer.message.target == target:
        guard answer.source != own, answer.destination == own || answer.destination.isMulticast,
          let asked
        else { continue }
        if answers.isEmpty { deadline = clock.now + Self.grace }
        answers.append(Answer(frame: answer, latency: captured.timestamp - asked))
      default: continue
      }
    }
    return answers
  }
}
