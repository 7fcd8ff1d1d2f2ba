import Dispatch
import Glibc
import LinuxSurvey
import NDPWire
import TestSupport
import Testing

/// The tables of Tests/Recordings, and whether the kernel that runs here still behaves like that.
struct RecordingTests {
  static let all: [(String, Recording)] = [
    ("linux", .linux), ("kame", .kame), ("explicit", .explicit),
  ]

  @Test(arguments: all)
  func `the decoder takes every frame`(name: String, recording: Recording) {
    #expect(!recording.situations.isEmpty)
    for (situation, events) in recording.situations {
      for case .received(let octets) in events {
        #expect(isWellFormed(octets), "\(situation): \(hex(octets))")
      }
      for case .sent(let octets) in events {
        #expect(isWellFormed(octets), "\(situation): \(hex(octets))")
      }
    }
  }

  private func isWellFormed(_ octets: [UInt8]) -> Bool {
    (try? NeighborDiscoveryFrame(decoding: octets.span.bytes)) != nil
  }

  /// What the engine relies on, as Linux does it.
  @Test func `Linux says by unicast no more than that it is there`() {
    let answer = decodedAdvertisement(Recording.linux.sent(in: "host/answer-unicast")[0]).message
    #expect(answer.isSolicited && !answer.isOverride && answer.targetLinkLayerAddress == nil)
    let byMulticast = decodedAdvertisement(
      Recording.linux.sent(in: "host/answer-multicast")[0]
    ).message
    #expect(byMulticast.isOverride && byMulticast.targetLinkLayerAddress != nil)
    let proxied = decodedAdvertisement(
      Recording.linux.sent(in: "proxy/answer-multicast")[0]
    ).message
    #expect(!proxied.isOverride && proxied.targetLinkLayerAddress != nil)
    #expect(Recording.linux["host/answer-tentative"].last == .silence)
  }

  @Test(arguments: ["kame", "explicit"])
  func `what is derived is what the script derives`(name: String) async throws {
    let recording = try #require(Self.all.first { $0.0 == name }).1
    let text = try await output(of: "--derived \(name)")
    #expect(Recording(text: text).situations == recording.situations)
    #expect(text.contains("DERIVED, not recorded"))
  }

  /// A few situations that matter most; `scripts/record-frames` records them all.
  static let checked = [
    "host/answer-multicast", "host/answer-unicast", "host/answer-unicast-global",
    "host/answer-duplicate-detection", "host/answer-tentative", "host/announcement-address",
    "router/answer-unicast", "router/question-cycle", "proxy/answer-multicast",
    "proxy/answer-unicast",
  ]

  @Test(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
  func `the kernel that runs here speaks as the recorded one`() async throws {
    let now = Recording(text: try await output(of: Self.checked.joined(separator: " ")))
    for situation in Self.checked {
      let recorded = Recording.linux[situation].map(withoutNonce)
      #expect(now[situation].map(withoutNonce) == recorded, "\(situation)")
    }
  }

  /// The event without what differs each time: the nonce, and the checksum over it.
  private func withoutNonce(_ event: Recording.Event) -> Recording.Event {
    guard case .sent(var octets) = event, octets.count >= 86, octets[78] == 14 else { return event }
    for place in Array(80..<86) + [56, 57] { octets[place] = 0 }
    return .sent(octets)
  }

  private struct Failure: Error {
    let command: String
    let status: Int32
    /// What the command said, errors included.
    var output = ""
  }

  /// What the script prints; it takes a while, in which other tests run.
  private func output(of arguments: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "record-frames").async {
        continuation.resume(with: Result { try Self.waitForOutput(of: arguments) })
      }
    }
  }

  private static func waitForOutput(of arguments: String) throws -> String {
    let command = "'\(Recording.root)/scripts/record-frames' \(arguments) 2>&1"
    guard let pipe = popen(command, "r") else { throw Failure(command: command, status: errno) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 {
      octets += chunk[..<count]
    }
    let status = pclose(pipe)
    let output = String(decoding: octets, as: UTF8.self)
    guard status == 0 else { throw Failure(command: command, status: status, output: output) }
    return output
  }
}
