import ControlProtocol
import HostDoctor
import JSONDecoding
import JSONText
import LinuxNet
import NDPWire
import NetworkLab
import SystemPackage

let ndpctl = (try? Host.programBeside("ndpctl")) ?? ""
let ndpproxy = (try? Host.programBeside("ndpproxy")) ?? ""

extension DoctorDocument {
  subscript(code: String) -> Check? { checks.first { $0.code == code } }

  /// Findings that are no notes.
  var troubles: [Finding] { checks.flatMap(\.findings).filter { $0.severity != "note" } }

  /// The codes of checks with such findings.
  var codes: [String] {
    checks.filter { check in check.findings.contains { $0.severity != "note" } }.map(\.code)
  }

  /// What is wrong, for a failing test.
  var report: String { troubles.map { "\($0.summary): \($0.value)" }.joined(separator: "; ") }
}

/// The founding network with one member, and a directory that stands for the gateway's `/`.
final class Lab: Sendable {
  let network: FoundingNetwork
  let root: String

  var gateway: Node { network.gateway }

  init() async throws {
    network = try await FoundingNetwork(members: 1)
    root = "/tmp/ndpproxy-root-\(UInt64.random(in: 0 ... .max))"
    try await gateway.run("mkdir", "-p", root + "/etc/sysctl.d", root + "/etc/systemd/network")
    try await write(
      "net.ipv6.conf.all.forwarding = 1\n", to: "/etc/sysctl.d/80-forwarding.conf")
  }

  func write(_ text: String, to path: String) async throws {
    try await gateway.run("tee", root + path, input: text)
  }

  /// Takes the directory away.
  func cleanUp() async throws { try await gateway.run("rm", "-r", root) }

  /// Runs a line of shell on the gateway; throws unless it succeeds.
  func shell(_ line: String) async throws {
    let directory = ndpctl.split(separator: "/").dropLast().joined(separator: "/")
    try await gateway.run("sh", "-c", "PATH=$PATH:/\(directory); \(line)")
  }

  /// Feeds nft(8).
  func nft(_ text: String) async throws { try await gateway.run("nft", "-f", "-", input: text) }

  /// Looks at the gateway.
  func doctor(
    _ configuration: String, _ arguments: [String] = [], under wrapper: [String] = []
  ) async throws -> DoctorDocument {
    let result = try await gateway.result(
      of: wrapper + [ndpctl, "doctor", "--json", "--root", root, "-c", configuration] + arguments)
    guard !result.standardOutput.isEmpty else { throw LabTrouble(result.standardError) }
    let document = try JSONText.value(DoctorDocument.self, from: Array(result.standardOutput.utf8))
    guard result.status == .exited(document.exitStatus) else {
      throw LabTrouble("exit status \(result.status)")
    }
    return document
  }

  /// Whether the router reaches the member, asking anew each time.
  func pingWorks(within patience: Duration, from source: String? = nil) async throws -> Bool {
    let works: Bool? = try await poll(within: patience) {
      try await network.router.run("ip", "-6", "neigh", "flush", "dev", "up0")
      let source = source.map { ["-I", $0] } ?? []
      let result = try await network.router.result(
        of: ["ping", "-6", "-n", "-c", "1", "-W", "1"] + source
          + ["\(FoundingNetwork.memberAddress(0))"])
      return result.status == .exited(0) ? true : nil
    }
    return works == true
  }

  /// Has the router advertise itself a few times a second while `body` runs.
  func withRouterAdvertisements<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    let router = network.router
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let sender = try await router.sender(on: "up0")
        while !Task.isCancelled {
          sender.enqueue { frame in
            for (place, octet) in routerAdvertisement.enumerated() {
              frame.storeBytes(of: octet, toByteOffset: place, as: UInt8.self)
            }
            return routerAdvertisement.count
          }
          sender.flush()
          try await Task.sleep(for: .milliseconds(200))
        }
      }
      defer { group.cancelAll() }
      return try await body()
    }
  }
}

/// A Router Advertisement of the founding network's router, without any option (RFC 4861 §4.2).
private let routerAdvertisement: [UInt8] = {
  let group: [UInt8] = [0xff, 0x02] + [UInt8](repeating: 0, count: 13) + [1]
  let source: [UInt8] =
    [0xfe, 0x80] + [UInt8](repeating: 0, count: 6) + [0, 0, 0, 0xff, 0xfe, 0, 0, 0xa0]
  var message: [UInt8] = [134, 0, 0, 0, 64, 0, 0x07, 0x08] + [UInt8](repeating: 0, count: 8)
  let pseudoHeader = source + group + [0, 0, 0, UInt8(message.count), 0, 0, 0, 58]
  var sum: UInt32 = 0
  let octets = pseudoHeader + message
  for place in stride(from: 0, to: octets.count, by: 2) {
    sum += UInt32(octets[place]) << 8 | UInt32(octets[place + 1])
  }
  while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
  message[2] = UInt8(truncatingIfNeeded: ~sum >> 8)
  message[3] = UInt8(truncatingIfNeeded: ~sum)
  let ethernet: [UInt8] = [0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xa0, 0x86, 0xdd]
  return ethernet + [0x60, 0, 0, 0, 0, UInt8(message.count), 58, 255] + source + group + message
}()

struct LabTrouble: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
