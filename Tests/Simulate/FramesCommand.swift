import ArgumentParser
import FrameFuzzing
import NDPWire

/// `simulate frames`: mutated frames through decoder and engine, counted.
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames", abstract: "Sends mutated frames through decoder and engine.")

  @Option(help: "How many frames to send.")
  var count = 10_000_000

  @Option(help: "The first seed; each is good for 100,000 frames.")
  var seed: UInt64 = 0

  private static let part = 100_000

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    var accepted = 0
    var sent = 0
    var dropped = [Int](repeating: 0, count: DropReason.allCases.count)
    for part in 0..<(count + Self.part - 1) / Self.part {
      var storm = FrameStorm(seed: seed + UInt64(part))
      if let culprit = storm.blow(min(Self.part, count - part * Self.part)) {
        print("seed \(seed + UInt64(part)): violated: \(storm.trial.violation ?? "")")
        print(culprit.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        throw ExitCode(1)
      }
      accepted += storm.trial.accepted
      sent += storm.trial.sent
      for reason in DropReason.allCases {
        dropped[reason.rawValue] += storm.trial.dropped[reason.rawValue]
      }
    }
    let seconds = (clock.now - start) / .seconds(1)
    print("\(count) frames, \(seconds.rounded()) s, \(Int(Double(count) / seconds)) frames/s")
    print("  \(accepted) well-formed, \(sent) frames sent in answer, no violation")
    for reason in DropReason.allCases { print("  \(dropped[reason.rawValue]) \(reason)") }
  }
}
