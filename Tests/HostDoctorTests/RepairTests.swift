import LinuxSurvey
import NetworkLab
import Testing

/// `ndpctl doctor --fix` on hosts with a fault: traffic passes afterwards, and nothing else has
/// changed.
@Suite(.serialized, .enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct RepairTests {
  private static let plain = "proxy eth0 {\n  rule 2001:db8:1:0:ff::/80 {\n    auto\n  }\n}\n"

  /// Routes, addresses and rules of the gateway, a line each, without what changes by itself.
  private static let snapshot = """
    s() { ip -6 route show table all | grep -v anycast | sed 's/ expires [0-9]*sec//';
    ip -6 address | sed 's/valid_lft.*//'; ip -6 rule; nft list ruleset; }
    """

  /// What `--fix` printed, its exit status, and the lines that went and came.
  private struct Repair {
    let output: String
    let status: NetworkLab.ExitStatus
    let removed: [String]
    let added: [String]
  }

  private func repair(_ lab: Lab, _ path: String, _ arguments: String = "") async throws -> Repair {
    let (before, after) = ("\(lab.root)/before", "\(lab.root)/after")
    try await lab.shell("\(Self.snapshot)\ns > \(before)")
    let result = try await lab.gateway.result(
      of: [ndpctl, "doctor", "--root", lab.root, "-c", path, "--fix", "--yes"]
        + arguments.split(separator: " ").map(String.init))
    try await lab.shell("\(Self.snapshot)\ns > \(after)")
    let difference = try await lab.gateway.result(of: ["diff", before, after]).standardOutput
    let lines = difference.split(separator: "\n")
    return Repair(
      output: result.standardOutput + result.standardError, status: result.status,
      removed: lines.filter { $0.hasPrefix("< ") }.map { String($0.dropFirst(2)) },
      added: lines.filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) })
  }

  @Test(arguments: ["forwarding", "route", "firewall", "nud"])
  func `each broken demonstration is mended, and nothing else`(breakage: String) async throws {
    let node = try await FoundingNetwork(members: 1).router
    let input = """
      \(Self.snapshot)
      s > $NDPCTL_ROOT/before
      ndpctl doctor --fix --yes; echo "status $?"
      s > $NDPCTL_ROOT/after; diff $NDPCTL_ROOT/before $NDPCTL_ROOT/after

      """
    let result = try await node.result(of: [ndpctl, "demo", "--break", breakage], input: input)
    let output = result.standardOutput
    let lines = output.split(separator: "\n")
    #expect(output.contains("status 0"), "\(output)\(result.standardError)")
    #expect(lines.last { $0.contains("received") }?.contains("1 received") == true, "\(output)")
    #expect(lines.filter { $0.hasPrefix("< ") } == [], "nothing is removed")
    let added = lines.filter { $0.hasPrefix("> ") }.map { $0.dropFirst(2) }
    switch breakage {
    case "forwarding": #expect(added == [])
    case "route":
      #expect(added.count == 1 && added[0].hasPrefix("2001:db8:1:0:ff::/80 dev zt0"), "\(added)")
    case "firewall":
      #expect(added.count == 2 && added.allSatisfy { $0.hasSuffix("accept") }, "\(added)")
    default:
      #expect(added.count == 1 && added[0].contains("nd-neighbor-solicit accept"), "\(added)")
    }
  }

  /// A default route that the kernel made of a router advertisement, on a host that does not
  /// forward yet.
  private func withAdvertisedRoute(_ lab: Lab) async throws {
    try lab.network.router.set("all/forwarding", to: "1")
    try await lab.shell(
      "sysctl -qw net.ipv6.conf.all.forwarding=0 net.ipv6.conf.eth0.accept_ra=1; "
        + "ip -6 route del default; rm $(ls \(lab.root)/etc/sysctl.d/*)")
    try await lab.withRouterAdvertisements {
      let isThere: Bool? = try await poll(within: .seconds(5)) {
        let route = try await lab.gateway.run("ip", "-6", "route", "show", "default")
        return route.contains("proto ra") ? true : nil
      }
      #expect(isThere == true)
    }
  }

  @Test(arguments: ["for all", "for one interface"])
  func `forwarding comes after accept_ra, and the default route stays`(
    place: String
  ) async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.plain) { daemon in
      try await withAdvertisedRoute(lab)
      if place == "for one interface" {
        try await lab.shell(
          "sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.all.forwarding=1 "
            + "net.ipv6.conf.eth0.forwarding=0 net.ipv6.conf.eth0.accept_ra=1")
      }
      let document = try await lab.doctor(daemon.configuration.path)
      let fix = try #require(document.troubles.first?.fix)
      #expect(fix.commands.first == "sysctl -w net.ipv6.conf.eth0.accept_ra=2", "\(fix.commands)")
      let repair = try await repair(lab, daemon.configuration.path)
      #expect(repair.removed == [] && repair.added == [], "\(repair)")
      #expect(repair.status == .exited(0), "\(repair.output)")
      #expect(try await lab.pingWorks(within: .seconds(3)))
      let route = try await lab.gateway.run("ip", "-6", "route", "show", "default")
      #expect(route.contains("proto ra"), "\(route)")
      let boot = try await lab.gateway.run("cat", "\(lab.root)/etc/sysctl.d/90-ndpproxy.conf")
      #expect(boot.contains("net.ipv6.conf.eth0.accept_ra = 2\n"))
    }
    try await lab.cleanUp()
  }

  @Test func `a host that serves its own prefix is left alone`() async throws {
    let lab = try await Lab()
    let text = "proxy eth0 {\n  rule 2001:db8:1:0:aa::/80 {\n    static\n  }\n}\n"
    try await lab.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      try await withAdvertisedRoute(lab)
      try await lab.shell("ip -6 route add local 2001:db8:1:0:aa::/80 dev lo")
      let repair = try await repair(lab, daemon.configuration.path)
      #expect(repair.removed == [] && repair.added == [], "\(repair)")
      #expect(repair.status == .exited(0), "\(repair.output)")
      let forwarding = try await lab.gateway.run("sysctl", "-n", "net.ipv6.conf.all.forwarding")
      #expect(forwarding == "0\n")
    }
    try await lab.cleanUp()
  }

  @Test func `two remedies that contradict are both refused`() async throws {
    let lab = try await Lab()
    try await lab.shell(
      "for n in 1 2; do ip link add zt$n type veth peer name zt${n}p; ip link set zt$n up; "
        + "ip link set zt${n}p up; done")
    let rule = { (name: String) in
      "  rule 2001:db8:bb::/80 {\n    iface \(name)\n  }\n}\n"
    }
    let text = "proxy eth0 {\n\(rule("zt0"))proxy zt2 {\n\(rule("zt1"))"
    try await lab.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      let repair = try await repair(lab, daemon.configuration.path)
      #expect(repair.output.contains("the remedies contradict"), "\(repair.output)")
      #expect(repair.added.filter { $0.contains("2001:db8:bb::") } == [], "\(repair)")
      #expect(repair.removed == [])
      #expect(repair.status == .exited(1))
    }
    try await lab.cleanUp()
  }

  @Test func `a remedy for unicast probes leaves this host's own addresses alone`() async throws {
    let lab = try await Lab()
    let text = "proxy eth0 {\n  rule 2001:db8:1::/64 {\n    auto\n  }\n}\n"
    let probe = ["probe", "-i", "up0"]
    try await lab.gateway.withDaemon(ndpproxy, configuration: text) { daemon in
      let repair = try await repair(lab, daemon.configuration.path, "--only D16")
      #expect(repair.status == .exited(0), "\(repair.output)")
      for address in ["2001:db8:1::2", "2001:db8:1:0:ff::10", "fe80::ff:fe00:ee"] {
        let result = try await lab.network.router.result(of: [ndpctl] + probe + [address])
        #expect(result.status == .exited(0), "\(address): \(result.standardOutput)")
      }
    }
    try await lab.cleanUp()
  }

  /// What stands for nft(8), and what then has to be said.
  static let unlucky = [
    ("$(echo \"$a\" | sed s/accept$/counter/)", "", "that did not help; it is undone"),
    ("$a", "sysctl -qw net.ipv6.conf.zt0.disable_ipv6=1", "; it is undone"),
  ]

  @Test(arguments: unlucky)
  func `a rule that does not help, or does harm, is taken back`(
    argument: String, then: String, words: String
  ) async throws {
    let lab = try await Lab()
    try await lab.write(
      """
      #!/bin/sh
      for a; do shift; set -- "$@" "\(argument)"; done
      PATH=${PATH#*:}
      nft "$@"; status=$?
      case $* in *insert*) \(then.isEmpty ? ":" : then) ;; esac
      exit $status
      """, to: "/nft")
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.plain) { daemon in
      try await lab.nft(
        "table inet filter { chain f { type filter hook forward priority 0; policy drop; }; }")
      let before = try await lab.gateway.run("nft", "--handle", "list", "ruleset")
      try await lab.gateway.run("chmod", "+x", lab.root + "/nft")
      let result = try await lab.gateway.result(
        of: [
          "sh", "-c",
          "PATH=\(lab.root):$PATH:/usr/sbin \(ndpctl) doctor --root \(lab.root) "
            + "-c \(daemon.configuration.path) --fix --yes",
        ])
      let output = result.standardOutput + result.standardError
      #expect(output.contains(words), "\(output)")
      #expect(output.contains("nft delete rule inet filter f handle"), "\(output)")
      #expect(result.status == .exited(1), "\(output)")
      #expect(try await lab.gateway.run("nft", "--handle", "list", "ruleset") == before)
    }
    try await lab.cleanUp()
  }

  @Test func `what is not said on a terminal needs --yes, and nothing is asked twice`() async throws
  {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.plain) { daemon in
      try await lab.shell("ip -6 route del 2001:db8:1:0:ff::/80 dev zt0")
      let refused = try await lab.gateway.result(
        of: [ndpctl, "doctor", "--root", lab.root, "-c", daemon.configuration.path, "--fix"])
      #expect(refused.standardError.contains("requires confirmation on a terminal"))
      let repair = try await repair(lab, daemon.configuration.path)
      #expect(repair.output.contains("ip -6 route add 2001:db8:1:0:ff::/80 dev zt0"))
      #expect(repair.output.split(separator: "\n").count { $0 == "fixed" } == 1)
      #expect(repair.status == .exited(0), "\(repair.output)")
      #expect(try await lab.pingWorks(within: .seconds(3)))
    }
    try await lab.cleanUp()
  }
}
