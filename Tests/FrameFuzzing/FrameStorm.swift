import TestSupport

/// A storm of mutated frames over one trial, by a seed.
package struct FrameStorm: ~Copyable {
  /// Decoder and engine, and what they have done so far.
  package private(set) var trial = FrameTrial()
  private var random: SeededGenerator
  private let mutator = FrameMutator(
    addresses: FrameTrial.addresses, stations: FrameTrial.stations)

  package init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Sends `count` frames with other events between them; returns the frame that broke something.
  ///
  /// About 2 µs each in a release build.
  package mutating func blow(_ count: Int) -> [UInt8]? {
    for _ in 0..<count {
      let octets = frame()
      trial.feed(octets, on: FrameTrial.places.randomElement(using: &random)!)
      if UInt8.random(in: 0 ... .max, using: &random) < 16 { disturb() }
      if trial.violation != nil { return octets }
    }
    return nil
  }

  /// Mostly one of the usual frames, sometimes what the last question waits for.
  private mutating func frame() -> [UInt8] {
    let isReply = !trial.replies.isEmpty && Int.random(in: 0..<4, using: &random) == 0
    let bases = isReply ? trial.replies.suffix(4) : FrameTrial.bases[...]
    return mutator.frame(from: bases, using: &random)
  }

  private mutating func disturb() {
    switch Int.random(in: 0..<16, using: &random) {
    case 0: trial.changeRoutes()
    case 1: trial.feedTruncated()
    case 2:
      let index = FrameTrial.places.randomElement(using: &random)!
      trial.change(index, isUp: false)
      trial.change(index, isUp: true)
    default:
      trial.wait(milliseconds: [1, 10, 100, 1000, 7000].randomElement(using: &random)!)
    }
  }
}
