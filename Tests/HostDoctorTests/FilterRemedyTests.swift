import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

@testable import HostDoctor

/// What is offered for the rulesets that programs load (scripts/record-rulesets).
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(2)))
struct FilterRemedyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What is done to an empty host.
    let lines: [String]
    /// How the commands of the fix begin.
    let commands: [String]
    /// What the advice how to make it last contains.
    let lasting: String
    var isOwned = false

    init(
      _ name: String, _ lines: String..., commands: [String], lasting: String,
      isOwned: Bool = false
    ) {
      testDescription = name
      (self.lines, self.commands, self.lasting) = (lines, commands, lasting)
      self.isOwned = isOwned
    }
  }

  private static func inChain(_ chain: String) -> [String] {
    [
      "nft insert rule \(chain) 'iifname \"zt0\" ip6 saddr 2001:db8:1:0:ff::/80 accept'",
      "nft insert rule \(chain) 'oifname \"zt0\" ip6 daddr 2001:db8:1:0:ff::/80 accept'",
    ]
  }

  static let cases = [
    Case(
      "ufw", ufw, commands: ["ufw route allow in on eth0 out on zt0 to 2001:db8:1:0:ff::/80"],
      lasting: "ufw keeps these rules"),
    Case(
      "a rule of ufw that denies", ufw,
      "ip6tables -A ufw6-user-forward -i eth0 -j DROP; ip6tables -A ufw6-user-forward -j REJECT",
      commands: ["ufw route prepend allow in on eth0 out on zt0 to 2001:db8:1:0:ff::/80"],
      lasting: "ufw keeps these rules"),
    Case(
      "dropped before the route rules of ufw", ufw, "ip6tables -I ufw6-before-forward -j DROP",
      commands: inChain("ip6 filter FORWARD"),
      lasting: "a line for ufw6-before-forward in /etc/ufw/before6.rules"),
    Case(
      "firewalld 1", firewalld("zones-1.3.3"),
      commands: inChain("inet firewalld filter_FORWARD"),
      lasting: "firewall-cmd --permanent --policy ndpproxy2 --add-egress-zone public"),
    Case(
      "firewalld 2", firewalld("zones-2.3.1"),
      commands: inChain("inet firewalld filter_FORWARD"),
      lasting: "firewall-cmd --permanent --policy ndpproxy1 --add-egress-zone internal"),
    Case(
      "only firewalld can change its table", firewalld("zones-2.3.1"),
      commands: [
        "firewall-cmd --permanent --new-policy ndpproxy1",
        "firewall-cmd --permanent --policy ndpproxy1 --add-ingress-zone public",
      ], lasting: "'--reload' drops what was set without '--permanent'", isOwned: true),
    Case(
      "firewalld without zones", firewalld("1.3.3"),
      commands: inChain("inet firewalld filter_FORWARD"),
      lasting: "firewall-cmd --permanent --policy ndpproxy2 --add-ingress-zone public"),
    Case(
      "Docker", restore("docker-ipv6-26.1.5"), commands: inChain("ip6 filter DOCKER-USER"),
      lasting: "after Docker, which leaves DOCKER-USER alone"),
    Case(
      "dropped before DOCKER-USER", restore("docker-ipv6-26.1.5"), "ip6tables -I FORWARD -j DROP",
      commands: inChain("ip6 filter FORWARD"), lasting: "Docker leaves rules of others"),
    Case(
      "Docker without DOCKER-USER", restore("docker-ipv6-20.10.24"),
      commands: inChain("ip6 filter FORWARD"), lasting: "Docker leaves rules of others"),
    Case(
      "rules of libvirt in the table", restore("libvirt-9.0.0"), "ip6tables -P FORWARD DROP",
      commands: inChain("ip6 filter FORWARD"), lasting: "do not save the whole table"),
    Case(
      "nobody else in the table", "ip6tables -P FORWARD DROP",
      commands: inChain("ip6 filter FORWARD"), lasting: "netfilter-persistent save"),
  ]

  private static let ufw = restore("ufw-0.36.2")

  private static func restore(_ name: String) -> String {
    "ip6tables-restore <\(Situation.rulesets)/\(name).rules"
  }

  private static func firewalld(_ name: String) -> String {
    "sed '/^\tflags owner/d' \(Situation.rulesets)/firewalld-\(name).rules | nft -f -"
  }

  @Test(arguments: cases)
  func `the program that loads the rules gets its own fix`(row: Case) async throws {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    for line in row.lines {
      try await node.run("sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n\(line)")
    }
    var gateway = Gateway()
    var ruleset = try node.namespace.run { try NetfilterRuleset.read() }
    if row.isOwned { ruleset.ownedTables = ["inet firewalld"] }
    gateway.picture.firewall = .success(ruleset)
    let finding = try #require(gateway.findings("D10", "D11").first)
    let fix = try #require(finding.fix)
    #expect(fix.commands.starts(with: row.commands), "\(fix)")
    #expect(fix.lasting.contains { $0.text.contains(row.lasting) }, "\(fix.lasting)")
    #expect((fix.scope == .accept) != row.isOwned)
  }

  @Test func `with IPV6=no, ufw is told to filter IPv6`() async throws {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    try await node.run("sh", "-ec", Self.restore("ufw-without-ipv6-0.36.2"))
    var gateway = Gateway()
    gateway.picture.firewall = .success(try node.namespace.run { try NetfilterRuleset.read() })
    for setting in ["yes", "no"] {
      gateway.picture.networkFiles = [
        TextFile(path: "/etc/ufw/ufw.conf", text: "ENABLED=yes\n"),
        TextFile(path: "/etc/default/ufw", text: "IPV6=\(setting)\n"),
      ]
      let fixes = gateway.findings("D10", "D14").compactMap(\.fix)
      #expect(fixes.count == 3)
      for fix in fixes {
        let isTold = fix.commands.contains("ufw reload")
        #expect(isTold == (setting == "no"), "\(fix)")
      }
    }
  }

  @Test func `tables with an owner are told from others`() async throws {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    try await node.run("nft", "add", "table", "inet", "free")
    let owner = ["sh", "-c", "(echo 'add table inet held { flags owner; }'; sleep 30) | nft -i"]
    try await node.withProcess(owner) { _ in
      let owned: Set<String>? = try await poll(within: .seconds(5)) {
        let owned = try node.namespace.run { try NetfilterRuleset.read() }.ownedTables
        return owned.isEmpty ? nil : owned
      }
      #expect(owned == ["inet held"])
    }
  }
}
