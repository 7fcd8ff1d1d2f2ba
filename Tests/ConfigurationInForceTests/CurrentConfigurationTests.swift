import ControlProtocol
import DaemonLog
import LinuxNet
import NDPWire
import ProxyConfig
import SystemPackage
import Testing

@testable import ConfigurationInForce

/// Reloads of a file that belongs to nobody else.
final class CurrentConfigurationTests {
  private let path = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max)).conf"
  private let log = Log(level: .notice, usesSystemLog: false)
  private lazy var current = CurrentConfiguration(
    Configuration(), from: path, claims: nil, log: log)
  private var taken: [Configuration] = []

  deinit { RegularFile.remove(path) }

  private func write(_ text: String) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  private func reload() -> (isInForce: Bool, summary: String) {
    let report = current.reload(summary: { "as told" }) { (newer) throws(SystemError) in
      taken.append(newer)
    }
    return (report.isInForce, report.summary)
  }

  @Test func `a file in order is taken up`() throws {
    try write("proxy eth0 { rule 2001:db8::/32 { static } }")
    let former = current.taken.instant
    #expect(reload() == (true, "as told"))
    #expect(taken.map { $0.proxies.map(\.interface) } == [["eth0"]])
    #expect(current.configuration == taken[0])
    #expect(current.taken.instant > former)
  }

  @Test func `one with errors, or none, changes nothing`() throws {
    #expect(!reload().isInForce)
    try write("proxy eth0 { rule nonsense }")
    let answer = reload()
    #expect(!answer.isInForce)
    #expect(answer.summary.hasSuffix("has errors; the old configuration stays in force"))
    #expect(current.isReloadRefused && taken.isEmpty)
    #expect(current.configuration == Configuration())
    try write("proxy eth0 { rule 2001:db8::/32 { static } }")
    #expect(reload().isInForce)
    #expect(!current.isReloadRefused)
  }

  @Test func `one that the kernel refuses is not in force`() throws {
    try write("proxy eth0 { rule 2001:db8::/32 { auto } }")
    let report = current.reload(summary: { "as told" }) { _ throws(SystemError) in
      throw SystemError("open netlink socket", .noMemory)
    }
    #expect(!report.isInForce)
    #expect(report.summary.hasPrefix("open netlink socket: "))
    #expect(current.configuration == Configuration())
  }

  // MARK: - Rules that are disabled

  private func set(
    _ prefix: String, of proxy: String? = nil, isEnabled: Bool
  ) throws(RequestFailure) -> RuleSwitchReport {
    try current.setRule(IPv6Prefix(prefix)!, of: proxy, isEnabled: isEnabled) {
      (newer) throws(SystemError) in
      taken.append(newer)
    }
  }

  private var prefixesInForce: [[String]] {
    current.configuration.proxies.map { $0.rules.map { "\($0.prefix)" } }
  }

  @Test func `a disabled rule is out of force until it is enabled, or the next reload`() throws {
    try write(
      """
      proxy eth0 { rule 2001:db8::/32 { static } rule 2001:db9::/32 { iface zt* } }
      proxy eth1 { rule 2001:db8::/32 { auto } }
      """)
    #expect(reload().isInForce)
    let generation = current.generation
    let both = try set("2001:db8::/32", isEnabled: false)
    #expect(both.isChanged && both.proxies == ["eth0", "eth1"])
    #expect(prefixesInForce == [["2001:db9::/32"], []])
    #expect(taken.last == current.configuration && current.generation != generation)
    #expect(current.disabledRules.map(\.methods) == [["static"], ["auto"]])
    #expect(current.disabledRules.allSatisfy { $0.isDisabled == true })
    let again = try set("2001:db8::/32", isEnabled: false)
    #expect(!again.isChanged && taken.count == 2)
    let one = try set("2001:db8::/32", of: "eth1", isEnabled: true)
    #expect(one.isChanged && one.proxies == ["eth1"])
    #expect(prefixesInForce == [["2001:db9::/32"], ["2001:db8::/32"]])
    _ = try set("2001:db9::/32", isEnabled: false)
    #expect(prefixesInForce == [[], ["2001:db8::/32"]])
    // What a check previews is the whole file.
    let check = current.check { newer in (7, newer.proxies[0].rules.count, []) }
    #expect(check.isAcceptable && check.sessionCount == 7 && check.sessionsLost == 2)
    #expect(reload().isInForce)
    #expect(prefixesInForce == [["2001:db8::/32", "2001:db9::/32"], ["2001:db8::/32"]])
    #expect(current.disabledRules.isEmpty)
  }

  @Test func `a rule that does not exist, or that the kernel refuses, changes nothing`() throws {
    try write("proxy eth0 { rule 2001:db8::/32 { static } }")
    #expect(reload().isInForce)
    for (prefix, proxy) in [("2001:db8::/33", nil), ("2001:db8::/32", "eth9")] {
      let failure = #expect(throws: RequestFailure.self) {
        try self.set(prefix, of: proxy, isEnabled: false)
      }
      #expect(failure?.code == .notFound)
    }
    let refused = #expect(throws: RequestFailure.self) {
      _ = try self.current.setRule(IPv6Prefix("2001:db8::/32")!, of: nil, isEnabled: false) {
        _ throws(SystemError) in
        throw SystemError("open netlink socket", .noMemory)
      }
    }
    #expect(refused?.code == .refused)
    #expect(prefixesInForce == [["2001:db8::/32"]] && current.disabledRules.isEmpty)
    #expect(taken.count == 1)
  }

  // MARK: - Claims

  /// Whether somebody holds the claim to an interface.
  private func isClaimed(_ interface: String) -> Bool {
    (try? InstanceClaim(interface: interface)) == nil
  }

  /// A name that no other test and no host has.
  private static func name() -> String { "x\(UInt32.random(in: 0 ... .max))" }

  private func text(_ interface: String) -> String {
    "proxy \(interface) { rule 2001:db8::/32 { static } }"
  }

  @Test func `an interface by an alternative name stays claimed by its own`() throws {
    let (own, other) = (Self.name(), Self.name())
    let claims = InstanceClaims(trusting: [])
    current = CurrentConfiguration(Configuration(), from: path, claims: claims, log: log)
    current.nameInterfaces { $0 == other ? own : $0 }
    try write(text(other))
    for _ in 0..<2 {
      #expect(reload().isInForce)
      #expect(isClaimed(own) && isClaimed(other))
    }
  }

  @Test func `what is refused leaves the claims as they were`() throws {
    let (old, new) = (Self.name(), Self.name())
    let claims = InstanceClaims(trusting: [])
    current = CurrentConfiguration(Configuration(), from: path, claims: claims, log: log)
    try write(text(old))
    #expect(reload().isInForce)
    try write(text(new))
    let report = current.reload(summary: { "as told" }) { _ throws(SystemError) in
      throw SystemError("open netlink socket", .noMemory)
    }
    #expect(!report.isInForce)
    #expect(isClaimed(old) && !isClaimed(new))
  }
}
