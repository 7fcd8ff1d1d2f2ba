import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyConfig
import ProxyModel
import Testing

@testable import HostDoctor

/// Each check on pictures made by hand.
struct CheckTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let code: String
    let name: String
    let severity: Severity
    /// How the first command of the fix begins; `nil` where there is none.
    let fix: String?
    var method = Ruleset.Method.auto
    var prefix = Gateway.prefix
    let change: @Sendable (inout Gateway) -> Void

    var testDescription: String { "\(code) \(name)" }
  }

  @Test func `a healthy host has no finding but the note about unicast probes`() {
    let diagnosis = Gateway().diagnosis()
    #expect(diagnosis.findings.map(\.severity) == [.note], "\(diagnosis.text(colored: false))")
    #expect(diagnosis.exitStatus == 0)
    #expect(Gateway().findings("D16").first?.fix?.scope == .ownTable)
    var inKernel = Gateway()
    inKernel.picture.daemon = DaemonAccount(
      solicitationsSeen: 9, advertisementsSent: 9, kernelPathInterfaces: ["eth0"])
    #expect(inKernel.findings("D16").isEmpty)
  }

  @Test(arguments: [(60_000, 5001), (59_000, 5000)] as [(UInt64, UInt64)])
  func `two masters for a moment, or long ago, are none`(age: UInt64, settled: UInt64) throws {
    var gateway = Gateway()
    gateway.picture.daemon = DaemonAccount(
      solicitationsSeen: 5, advertisementsSent: 5, unmetConditions: [], advertisementsOfOthers: 3,
      lastOfOthers: .init(age: age, settled: settled))
    let text = gateway.diagnosis().text(colored: false, detail: .all)
    #expect(text.contains("another gateway advertised targets"))
    #expect(!text.contains("another gateway is active, too"))
  }

  @Test func `a healthy host fits on a screen, and equal findings are folded`() {
    let healthy = Gateway().diagnosis().text(colored: false, detail: .brief)
    #expect(healthy.split(separator: "\n", omittingEmptySubsequences: false).count <= 24)
    var host = Gateway()
    host.picture.routes.remove(at: 1)
    host.configuration.ruleset.proxies[0].rules = (1...300).map {
      Ruleset.Rule(
        prefix: IPv6Prefix("2001:db8:1:0:\(String($0, radix: 16))::/80")!, method: .auto)
    }
    let diagnosis = host.diagnosis()
    #expect(diagnosis.count(of: .failure) == 256)
    let brief = diagnosis.text(colored: false, detail: .brief)
    #expect(brief.split(separator: "\n").count < 50, "\(brief)")
    #expect(brief.contains("and 249 more"))
    #expect(brief.contains("the first 256 of 300 rules") == false)
    let all = diagnosis.text(colored: false, detail: .all)
    #expect(all.split(separator: "\n").count { $0.contains("✘ D04") } == 256)
    host.picture.routes.append(
      RouteEntry(destination: IPv6Prefix("2001:db8:1::/64")!, interface: Gateway.zt0, metric: 1))
    let verdict = host.diagnosis(["D04"]).results.first?.verdict
    #expect(verdict == .good("to zt0 (256 addresses looked up) (the first 256 of 300 rules)"))
  }

  @Test func `a remedy comes after what it would break`() throws {
    var host = Gateway()
    host.picture.forwarding.all = false
    host.picture.routes[2].origin = 9
    host.acceptRA(1)
    let fix = try #require(host.findings("D01").first?.fix)
    #expect(
      fix.commands == [
        "sysctl -w net.ipv6.conf.eth0.accept_ra=2", "sysctl -w net.ipv6.conf.all.forwarding=1",
      ])
    #expect(fix.lasting.count == 2)
    host.picture.routes[2].origin = 3
    #expect(host.findings("D01").first?.fix?.commands.count == 1, "a route by hand stays")
    host.picture.routes.removeLast()
    #expect(host.findings("D01").first?.fix == fix, "the route may come by advertisement yet")
  }

  @Test func `remedies that contradict are known`() {
    var host = Gateway(prefix: IPv6Prefix("2001:db8:bb::/80")!)
    host.picture.links.append(DetailedLink(link: link(4, "eth1")))
    host.picture.links.append(DetailedLink(link: link(5, "zt1")))
    host.configuration.ruleset.proxies[0].rules[0].method = .interface("zt0")
    host.configuration.ruleset.proxies.append(
      Ruleset.Proxy(
        interface: "eth1",
        rules: [.init(prefix: IPv6Prefix("2001:db8:bb::/80")!, method: .interface("zt1"))]))
    let diagnosis = host.diagnosis(["D04"])
    #expect(diagnosis.findings.count == 2, "\(diagnosis.text(colored: false))")
    #expect(diagnosis.contradictions.map(\.codes) == [["D04", "D04"]])
  }

  static let bootFiles: [(String, [(String, String)], String?)] = [
    ("by name", [("a", "net.ipv6.conf.all.forwarding=1")], "1"),
    ("a pattern", [("a", "net.ipv6.conf.*.forwarding = 1")], "1"),
    ("a pattern with slashes", [("a", "net/ipv6/conf/*/forwarding = 1")], "1"),
    ("a pattern of another depth", [("a", "net.*.forwarding = 1")], nil),
    (
      "a name beats a later pattern",
      [("a", "net.ipv6.conf.all.forwarding=0"), ("b", "net.ipv6.conf.*.forwarding=1")], "0"
    ),
    (
      "kept away from patterns",
      [("a", "net.ipv6.conf.*.forwarding=1\n-net.ipv6.conf.all.forwarding")], nil
    ),
    (
      "the last of two",
      [("a", "net.ipv6.conf.all.forwarding=0"), ("b", "net.ipv6.conf.all.forwarding=1")], "1"
    ),
    (
      "a comment", [("a", "#net.ipv6.conf.all.forwarding=1\n; net.ipv6.conf.all.forwarding=1")], nil
    ),
  ]

  @Test(arguments: bootFiles)
  func `files of sysctl are read as systemd reads them`(
    name: String, files: [(String, String)], value: String?
  ) {
    let read = SysctlFiles(files.map { TextFile(path: "/etc/sysctl.d/\($0)", text: $1) })
    #expect(read.last("net.ipv6.conf.all.forwarding")?.value == value, "\(name)")
  }

  @Test func `a line is written where it has the last word`() {
    for (path, expected) in [
      ("/etc/sysctl.d/80-a.conf", "/etc/sysctl.d/90-ndpproxy.conf"),
      ("/etc/sysctl.d/99-sysctl.conf", "/etc/sysctl.d/99-zz-ndpproxy.conf"),
      ("/usr/lib/sysctl.d/99-zzz.conf", "/etc/sysctl.d/zz-ndpproxy.conf"),
      ("/etc/sysctl.conf", nil),
    ] {
      let files = SysctlFiles([TextFile(path: path, text: "net.ipv6.conf.all.forwarding = 0")])
      #expect(files.file(for: "net.ipv6.conf.all.forwarding") == expected, "\(path)")
    }
  }

  static let rows: [Row] = hosts + routes + others

  static let hosts: [Row] = [
    Row(code: "D50", name: "errors", severity: .failure, fix: "ndpproxy --test-config") {
      $0.complaints = ["line 1: unknown key"]
      $0.isUnusable = true
    },
    Row(code: "D50", name: "warnings", severity: .note, fix: nil) { $0.complaints = ["a", "b"] },
    Row(code: "D51", name: "systemd", severity: .failure, fix: "systemctl start ndpproxy") {
      $0.picture.processes = .success([])
      $0.picture.hasSystemd = true
    },
    Row(code: "D51", name: "none", severity: .failure, fix: "ndpproxy -d -c /etc/ndpproxy.conf") {
      $0.picture.processes = .success([])
    },
    Row(code: "D51", name: "two", severity: .warning, fix: "kill 9") {
      $0.picture.processes = .success([7, 9].map { HostProcess(identifier: $0, name: "ndpproxy") })
    },
    Row(code: "D52", name: "autowire", severity: .warning, fix: "mkdir -p") {
      $0.configuration.ruleset.proxies[0].installsHostRoutes = true
      $0.configuration.ruleset.proxies[0].rules[0].method = .interface("zt0")
      $0.picture.processes = .success([
        HostProcess(identifier: 7, name: "ndpproxy", capabilities: 1 << 13)
      ])
    },
    Row(code: "D20", name: "missing", severity: .failure, fix: "sed -i") {
      $0.configuration.ruleset.proxies[0].interface = "eth7"
    },
    Row(code: "D20", name: "no carrier", severity: .failure, fix: nil) {
      $0.change(Gateway.eth0) { $0.link = link(Gateway.eth0, "eth0", isRunning: false) }
    },
    Row(code: "D20", name: "down", severity: .failure, fix: "ip link set dev eth0 up") {
      $0.change(Gateway.eth0) { $0.link = link(Gateway.eth0, "eth0", isUp: false) }
    },
    Row(
      code: "D20", name: "no match", severity: .warning, fix: nil, method: .interface("zt9*")
    ) { _ in },
    Row(code: "D20", name: "no Ethernet", severity: .failure, fix: nil) {
      $0.change(Gateway.eth0) { $0.link = link(Gateway.eth0, "eth0", hasNeighborDiscovery: false) }
    },
    Row(code: "D28", name: "enslaved", severity: .failure, fix: "sed -i") {
      $0.change(Gateway.eth0) { $0.link = link(Gateway.eth0, "eth0", master: Gateway.zt0) }
    },
    Row(
      code: "D21", name: "disabled", severity: .failure,
      fix: "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"
    ) { $0.change(Gateway.eth0) { $0.settings?.isDisabled = true } },
    Row(
      code: "D21", name: "no link-local address", severity: .failure,
      fix: "ip -6 address add fe80::ff:fe00:2/64 dev eth0"
    ) { $0.picture.addresses.removeAll { $0.assigned.address == IPv6Address("fe80::2")! } },
    Row(
      code: "D21", name: "addrgenmode none", severity: .failure,
      fix: "sysctl -w net.ipv6.conf.eth0.addr_gen_mode=0"
    ) {
      $0.picture.addresses.removeAll { $0.assigned.address == IPv6Address("fe80::2")! }
      $0.change(Gateway.eth0) { $0.settings?.addressGenerationMode = 1 }
    },
    Row(code: "D22", name: "one of two", severity: .warning, fix: "ip -6 address del") {
      $0.picture.addresses.append(address(Gateway.eth0, "2001:db8:1::3", 64, isDuplicate: true))
    },
    Row(code: "D22", name: "the only one", severity: .failure, fix: "ip -6 address del") {
      $0.picture.addresses[1] = address(Gateway.eth0, "fe80::2", 64, isDuplicate: true)
    },
    Row(code: "D47", name: "deprecated", severity: .warning, fix: "ip -6 address change") {
      $0.picture.addresses[0] = address(Gateway.eth0, "2001:db8:1::2", 64, isDeprecated: true)
    },
    Row(
      code: "D01", name: "off", severity: .failure, fix: "sysctl -w net.ipv6.conf.all.forwarding=1"
    ) { $0.picture.forwarding.all = false },
    Row(
      code: "D02", name: "elsewhere", severity: .warning,
      fix: "sysctl -w net.ipv6.conf.all.forwarding=1"
    ) { $0.picture.forwarding.all = false },
    Row(
      code: "D02", name: "a VLAN behaves as a host's", severity: .warning,
      fix: "sysctl -w net.ipv6.conf.eth0/5.forwarding=1"
    ) {
      $0.configuration.ruleset.proxies[0].interface = "eth0.5"
      $0.change(Gateway.eth0) {
        $0.link = link(Gateway.eth0, "eth0.5")
        $0.settings?.forwarding = 0
      }
    },
    Row(code: "D46", name: "no file", severity: .warning, fix: "echo 'net.ipv6.conf.all") {
      $0.picture.bootSettings = SysctlFiles()
    },
    Row(code: "D46", name: "a file says 0", severity: .warning, fix: "echo") {
      $0.picture.bootSettings = SysctlFiles([
        TextFile(path: "/etc/sysctl.d/a", text: "net/ipv6/conf/all/forwarding=1\n"),
        TextFile(
          path: "/etc/sysctl.d/b", text: "# no\n-net.ipv6.conf.all.forwarding = 0\n"),
      ])
    },
    Row(code: "D46", name: "accept_ra", severity: .warning, fix: "echo 'net.ipv6.conf.eth0") {
      $0.picture.routes[2].origin = 9
    },
  ]

  @Test(arguments: rows)
  func `what stands in the way is found`(row: Row) throws {
    var host = Gateway(method: row.method, prefix: row.prefix)
    row.change(&host)
    let finding = try #require(host.findings(row.code).first)
    #expect(finding.severity == row.severity)
    let command = finding.fix?.commands.first
    #expect((command == nil) == (row.fix == nil))
    if let fix = row.fix { #expect(command?.hasPrefix(fix) == true, "\(command ?? "")") }
    #expect(!finding.value.isEmpty && !finding.source.isEmpty && !finding.meaning.isEmpty)
  }

  static let silences: [(String, String, @Sendable (inout Gateway) -> Void)] = [
    (
      "D01", "force_forwarding",
      {
        $0.picture.forwarding.all = false
        $0.picture.forwarding.forced = [Gateway.eth0, Gateway.zt0]
      }
    ),
    ("D03", "accept_ra is 1, and the route is static", { $0.acceptRA(1) }),
    (
      "D46", "networkd forwards",
      {
        $0.picture.bootSettings = SysctlFiles()
        $0.picture.networkFiles = [
          TextFile(
            path: "/etc/systemd/network/n", text: "[Network]\nIPv6Forwarding=yes\n")
        ]
      }
    ),
    (
      "D04", "a wide rule of which a part is inside",
      {
        $0.configuration.ruleset.proxies[0].rules[0].prefix = Gateway.onLink
      }
    ),
    ("D44", "room", { $0.picture.neighborCache = NeighborCacheLoad(entries: 899, limit: 1000) }),
    (
      "D45", "a narrow static rule",
      { $0.configuration.ruleset.proxies[0].rules[0].method = .static }
    ),
    (
      "D41", "a proxy entry elsewhere",
      {
        $0.picture.proxyEntries = [
          NeighborCacheEntry(interface: Gateway.zt0, address: IPv6Address("2001:db8:1:0:ff::10")!)
        ]
      }
    ),
  ]

  @Test(arguments: silences)
  func `what does no harm is no finding`(
    code: String, name: String, change: @Sendable (inout Gateway) -> Void
  ) {
    var host = Gateway()
    change(&host)
    #expect(host.findings(code) == [], "\(name)")
  }
}

extension Gateway {
  mutating func acceptRA(_ value: Int) {
    change(Gateway.eth0) { $0.settings?.acceptRouterAdvertisements = value }
  }
}
