import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab

extension RunningResponder {
  /// How long each answer took, in microseconds: by the kernel's clock at the asker's interface,
  /// from the question that goes out to the answer that comes in.
  ///
  /// Throws where a question was not answered, for the slowest answers would be missing.
  func latencies(rate: Int, for duration: Duration, seed: UInt64) async throws -> [Double] {
    let isKernel = responder == .kernel
    // Who is asked for few targets must not be asked again before it has answered.
    let targets =
      isKernel
      ? Targets.members(Bench.kernelTargetCount)
      : .inside(BenchLink.proxiedPrefix)
    let generator = try Generator(
      on: bench.link, index: bench.askerIndex, targets: targets,
      destination: isKernel ? .responder : .group, seed: seed)
    var watch = Watch(capture: try bench.link.asker.capture(on: "up0"))
    let end = BootClock.nanoseconds + UInt64(duration / .nanoseconds(1))
    try generator.send(perSecond: rate, until: end) { try watch.take() }
    for _ in 0..<20 where watch.answeredCount < generator.sentCount {
      try await Task.sleep(for: .milliseconds(20))
      try watch.take()
    }
    let missing = generator.sentCount - watch.answeredCount
    guard missing == 0 else {
      throw BenchFailure("\(missing) of \(generator.sentCount) solicitations were not answered")
    }
    return watch.latencies
  }
}

/// Matches answers with questions.
private struct Watch: ~Copyable {
  private var capture: PacketCapture
  private var asked: [IPv6Address: Duration] = [:]
  private(set) var latencies: [Double] = []

  init(capture: consuming PacketCapture) {
    self.capture = capture
  }

  var answeredCount: Int { latencies.count }

  mutating func take() throws {
    while let captured = try capture.next() {
      switch try? captured.decoded() {
      case .solicitation(let frame) where frame.source == BenchLink.askerLinkLayerAddress:
        asked[frame.message.target] = captured.timestamp
      case .advertisement(let frame):
        guard let start = asked.removeValue(forKey: frame.message.target) else { continue }
        latencies.append((captured.timestamp - start) / .microseconds(1))
      default: continue
      }
    }
  }
}
