import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

@testable import HostDoctor

/// Labs in which something is wrong, as somebody new to it would meet them.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct DemoTests {
  static let breakages = [
    ("forwarding", "D01"), ("route", "D04"), ("firewall", "D10"), ("nud", "D15"),
  ]

  @Test(arguments: breakages)
  func `one command finds the cause, and its fix mends it`(
    breakage: String, code: String
  ) async throws {
    let node = try await FoundingNetwork(members: 1).router
    let broken = try await demo(breakage, on: node, "ndpctl doctor\n")
    let found = lines(of: broken).filter { $0.hasPrefix("  ✘") || $0.hasPrefix("  !") }
    #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("  ✘ \(code)") }, "\(found)")
    // The probe of the router needs no more to work than what nud leaves.
    let received = breakage == "nud" ? "1 received" : "0 received"
    #expect(lines(of: broken).filter { $0.contains(received) }.count == 2)
    let command = try #require(fix(in: lines(of: broken)))
    let mended = try await demo(breakage, on: node, command + "\nndpctl doctor\nndpctl status\n")
    #expect(lines(of: mended).last { $0.contains("received") }?.contains("1 received") == true)
    #expect(mended.contains("no problem found"), "\(mended)")
    #expect(mended.contains("answering on eth0"))
    #expect(mended.contains("Cleaned up"))
  }

  @Test func `the probe shows what nud breaks`() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let output = try await demo(
      "nud", on: node, "router ndpctl probe 2001:db8:1:0:ff::10 -i up0\n")
    #expect(output.contains("but not by unicast"))
  }

  private func demo(_ breakage: String, on node: Node, _ input: String) async throws -> String {
    let result = try await node.result(of: [ndpctl, "demo", "--break", breakage], input: input)
    #expect(result.status == .exited(0), "\(result.standardError)")
    return result.standardOutput
  }

  private func lines(of text: String) -> [Substring] { text.split(separator: "\n") }

  /// The first commands that the doctor prints; those of a note come later.
  private func fix(in lines: [Substring]) -> String? {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("        fix now") }) else {
      return nil
    }
    let end = lines[start...].firstIndex { $0.hasPrefix("        permanent") } ?? start
    return lines[start..<end].map { String($0.dropFirst(26)) }.joined(separator: "\n")
  }

  @Test func `the documentation has every check`() throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = String(
      decoding: try RegularFile(root + "/docs/doctor.md", limit: 1 << 20).octets, as: UTF8.self)
    for check in Diagnosis.checks {
      #expect(text.contains("| \(check.code) | \(check.title) |"), "\(check.code)")
    }
    #expect(Set(Diagnosis.checks.map(\.code)).count == Diagnosis.checks.count)
  }
}
