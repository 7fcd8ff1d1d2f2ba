import FrameFuzzing
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

/// Whatever frames come, decoder and engine do what `FrameTrial` asks of them.
struct FrameFuzzingTests {
  /// 100,000 frames in all; `make fuzz-frames` sends ten million.
  @Test(arguments: 0..<10 as Range<UInt64>)
  func `mutated frames`(seed: UInt64) {
    var storm = FrameStorm(seed: seed)
    let culprit = storm.blow(10_000)
    #expect(storm.trial.violation == nil, "seed \(seed), \(culprit.map(hex) ?? "")")
  }

  @Test func `mutations reach every reason to drop, and every kind of answer`() {
    var storm = FrameStorm(seed: 4861)
    #expect(storm.blow(20_000) == nil)
    for reason in DropReason.allCases {
      #expect(storm.trial.dropped[reason.rawValue] > 0, "\(reason)")
    }
    #expect(storm.trial.accepted > 5000)
    #expect(storm.trial.sent > 2000)
  }

  static let corpus = FuzzCorpus.names

  @Test func `the fuzzer's corpus is there`() {
    #expect(Self.corpus.count >= 200)
  }

  @Test(arguments: corpus)
  func `a script that libFuzzer kept`(name: String) {
    #expect(FrameScript.play(FuzzCorpus.read(name)) == nil, "\(name)")
  }
}

/// All of what mutations only try some of.
struct ExhaustiveFrameTests {
  private func check(_ octets: [UInt8], _ what: @autoclosure () -> String) {
    var trial = FrameTrial()
    trial.feed(octets, on: FrameTrial.north)
    #expect(trial.violation == nil, "\(what()): \(hex(octets))")
  }

  private static let bases = FrameTrial.bases.prefix(7)

  @Test func `every length`() {
    for base in Self.bases {
      for count in base.indices { check(Array(base[..<count]), "truncated to \(count)") }
      for length in Array(0...40) + [1280, 65535] {
        var frame = base
        frame[18] = UInt8(length / 256)
        frame[19] = UInt8(length % 256)
        check(frame, "payload length \(length)")
        frame.mend(fixingLength: false)
        check(frame, "payload length \(length), the checksum for it")
      }
    }
  }

  @Test(arguments: [14, 15, 20, 21, 54, 55])
  func `every value of an octet that decides`(place: Int) {
    for base in Self.bases {
      for value in UInt8.min...UInt8.max {
        var frame = base
        frame[place] = value
        frame.mend()
        check(frame, "octet \(place) is \(value)")
      }
    }
  }

  @Test func `every bit`() {
    for base in Self.bases {
      for place in base.indices {
        for bit in 0..<8 {
          var frame = base
          frame[place] ^= 1 << UInt8(bit)
          check(frame, "bit \(bit) of octet \(place)")
          frame.mend()
          check(frame, "bit \(bit) of octet \(place), mended")
        }
      }
    }
  }
}

func hex(_ octets: [UInt8]) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
