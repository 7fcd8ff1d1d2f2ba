import KernelPath
import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import ProxyModel

// The program that answers in the kernel, run by the kernel on one frame after the other.

extension Micro {
  private static let own = MACAddress(bits: 0x0200_0000_000a)
  private static let asker = MACAddress(bits: 0x0200_0000_00aa)
  private static let source = IPv6Address(bits: 0xfe80 << 112 | 0xaa)

  /// How long an answer takes, with more and more static rules; needs CAP_BPF.
  func measureProgram(_ report: inout Report) async {
    for count in [1, 1_000, 100_000] {
      do {
        let namespace = try NetworkNamespace()
        let times = try namespace.run { try Self.times(rules: count, runs: runs) }
        for time in times {
          report.add(
            figure(
              "program", time, "ns", at: "\(grouped(count)) rules", position: Double(count)))
        }
      } catch {
        report.fail("program in the kernel with \(count) rules", error)
      }
    }
  }

  /// The median of many runs, less what it takes to run a program that does nothing.
  private static func times(rules count: Int, runs: Int) throws -> [Double] {
    let maps = try AnswerMaps(AnswerCapacity(rules: count, targets: 1))
    // The loopback interface is there in every namespace.
    let interface: UInt32 = 1
    try maps.add(
      (0..<count).map { AnswerRule(rulePrefix($0), .static, countedAt: $0) }, on: interface)
    let address = IPv6Address(bits: 0xfe80 << 112 | 0x0a)
    try maps.update(
      [
        AnswerLink(
          interface: interface, linkLayerAddress: own, isRouter: true, isOverride: false,
          linkLocalSource: address, places: [], answersAsTarget: false,
          addresses: [(address, IPv6Prefix(address, length: 64))])
      ], HostChanges(stations: [own: true]))
    let program = try BPFProgram(answeringBy: maps)
    let nothing = try BPFProgram(.nothing, maps: [:])
    var random = FastGenerator(seed: 7)
    let frames = (0..<256).map { _ in question(for: Targets.ofRules(count).next(&random)) }
    return try (0..<runs).map { _ in
      let answer = try median(of: program, frames, on: interface, expecting: 7)
      let rest = try median(of: nothing, frames, on: interface, expecting: 0)
      return answer - rest
    }
  }

  private static func median(
    of program: BPFProgram, _ frames: [[UInt8]], on interface: UInt32, expecting verdict: Int32
  ) throws -> Double {
    var times: [UInt32] = []
    for number in 0..<20_000 {
      let trial = try program.run(on: frames[number & 255], interface: interface)
      guard trial.verdict == verdict else {
        throw BenchFailure("the program returned \(trial.verdict)")
      }
      times.append(trial.nanoseconds)
    }
    return Double(times.sorted()[times.count / 2])
  }

  private static func question(for target: IPv6Address) -> [UInt8] {
    let group = target.solicitedNodeMulticast
    let frame = EthernetFrame(
      source: asker, destination: MACAddress(multicast: group),
      message: NeighborSolicitation(
        source: source, destination: group, target: target, sourceLinkLayerAddress: asker))
    return EncodedFrame { frame.encode(into: &$0) }.octets
  }
}

extension BPFProgram.Code {
  /// Returns zero.
  fileprivate static let nothing = BPFProgram.Code(
    instructions: [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095])
}
