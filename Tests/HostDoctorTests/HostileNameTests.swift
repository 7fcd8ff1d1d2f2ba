import LinuxSurvey
import NDPWire
import NetworkLab
import ProxyConfig
import ProxyModel
import Testing

@testable import HostDoctor

/// Remedies for hosts on which somebody else has given the names.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct HostileNameTests {
  /// Each in at most 15 octets, as interfaces have them.
  static let names = [
    "'\u{301};>pwn;'\u{301}", "$(id)", "`id`", "$IFS;id", "a\"accept;x", "zt*", "a=b", "-h", "~",
    "a\\nb", "\u{1b}]0;x\u{7}", "\u{9b}5m", "\u{202e}x", "/../all", "..", "all", "default", "a#b",
    "a/b", "x|.*|y", "&", "a b", "a\u{fffd}",
  ]

  /// The commands for every row of `CheckTests` in which both interfaces have this name.
  private func fixes(_ name: String) -> [Fix] {
    CheckTests.rows.flatMap { row -> [Fix] in
      var host = Gateway(method: row.method, prefix: row.prefix)
      row.change(&host)
      for index in [Gateway.eth0, Gateway.zt0] {
        host.change(index) { change in
          change.link = link(
            index, name, isUp: change.link.isUp, isRunning: change.link.isRunning,
            master: change.link.master, hasNeighborDiscovery: change.link.hasNeighborDiscovery)
        }
      }
      for place in host.configuration.proxies.indices where row.code != "D20" {
        host.configuration.ruleset.proxies[place].interface = name
      }
      var ruleset = NetfilterRuleset()
      ruleset.chains = [
        NetfilterChain(
          family: .ip6, table: name, name: name, hook: NetfilterHook(number: 2),
          dropsByPolicy: true, rules: [])
      ]
      host.picture.firewall = .success(ruleset)
      return host.diagnosis().findings.compactMap(\.fix)
    }
  }

  @Test(arguments: names)
  func `no command has more words than were meant`(name: String) async throws {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    let actions = Set(fixes(name).flatMap(\.actions))
    #expect(!actions.isEmpty)
    for case .run(let words) in actions {
      let command = try #require(Action.run(words).shell)
      let read = try await node.run("sh", "-s", input: "printf '%s\\n' \(command)\n")
      #expect(read == words.joined(separator: "\n") + "\n")
    }
  }

  @Test(arguments: names)
  func `other languages get plain names alone`(name: String) {
    guard !name.isPlainName else { return }
    for case .run(let words) in fixes(name).flatMap(\.actions) where words[0] == "nft" {
      #expect(!words.contains { $0.contains(name) }, "\(words)")
    }
    for case .append(let line, _) in fixes(name).flatMap(\.actions) {
      #expect(!line.contains(name), "\(line)")
    }
  }

  @Test(arguments: names)
  func `a variable is that interface's or nobody's`(name: String) {
    let isOurs = !["/../all", "..", "all", "default", "a/b", "a\u{fffd}"].contains(name)
    let variable = KernelVariable("forwarding", of: name)
    #expect((variable != nil) == isOurs)
    if let variable {
      #expect(variable.path == "/proc/sys/net/ipv6/conf/\(name)/forwarding")
      let command = Action.set(variable, to: "1").shell
      #expect(command?.hasPrefix("echo 1 > ") == true, "\(command ?? "")")
    }
  }

  @Test func `a dot in a name stays in the name`() {
    let variable = KernelVariable("forwarding", of: "eth0.5")
    #expect(variable?.path == "/proc/sys/net/ipv6/conf/eth0.5/forwarding")
    #expect(variable?.description == "net.ipv6.conf.eth0/5.forwarding")
  }

  static let edits: [(String, String, String)] = [
    // What is there, what is renamed to lan, and what then is there.
    ("proxy eth0 {", "eth0", "proxy lan {"),
    ("proxy eth0{ rule x { iface eth0 } }", "eth0", "proxy lan{ rule x { iface lan } }"),
    ("proxy eth0.5 {", "eth0", "proxy eth0.5 {"),
    ("proxy eth0-x {", "eth0", "proxy eth0-x {"),
    ("proxy xeth0 {", "eth0", "proxy xeth0 {"),
    ("proxy ethX5 {", "eth.5", "proxy ethX5 {"),
    ("proxy eth.5", "eth.5", "proxy lan"),
    ("iface zt*", "zt*", "iface lan"),
    ("iface ztt", "zt*", "iface ztt"),
    ("iface a/b", "a/b", "iface lan"),
    ("iface [a]", "[a]", "iface lan"),
    ("iface a\\b", "a\\b", "iface lan"),
    ("iface a&b", "a&b", "iface lan"),
    ("noproxy eth0", "eth0", "noproxy eth0"),
  ]

  @Test(arguments: edits)
  func `an edit hits the name that was meant`(
    before: String, name: String, after: String
  ) async throws {
    let node = Node(name: "host", namespace: try NetworkNamespace())
    let place = Sed.place(of: name, after: "proxy\\|iface")
    let result = try await node.run(
      "sed", "s/\(place)/\\1\\2lan\\3/g", input: before + "\n")
    #expect(result == after + "\n")
  }
}
