import LinuxNet
import NDPWire
import ProxyConfig
import Testing

@testable import Inspection

/// What a host has to say about a configuration.
@Suite struct HostCheckTests {
  private let host = {
    var host = HostTable()
    let ethernet = MACAddress("02:00:00:00:00:01")
    func add(
      _ index: Int32, _ name: String, isUp: Bool = true, master: Int32? = nil,
      hasNeighborDiscovery: Bool = true, others: [String] = []
    ) {
      let link = Link(
        index: index, name: name, linkLayerAddress: ethernet, isUp: isUp, isRunning: isUp,
        master: master, hasNeighborDiscovery: hasNeighborDiscovery,
        alternativeNames: others)
      _ = host.apply(.link(link))
    }
    add(1, "eth0", others: ["enp1s0", "enx020000000001"])
    add(2, "down0", isUp: false)
    add(3, "br0")
    add(4, "port0", master: 3)
    add(5, "wg0", hasNeighborDiscovery: false)
    add(6, "zt0")
    let address = LinkAddress(
      index: 1, address: IPv6Address("2001:db8::1")!, prefixLength: 64, isTentative: false,
      isDeprecated: false)
    _ = host.apply(.address(address))
    return host
  }()

  /// The file's findings on this host, as `line:column severity code`.
  private func findings(_ text: String) throws -> [String] {
    var result = ConfigurationParser.parse(Array(text.utf8), fileName: "f")
    let configuration = try #require(result.configuration)
    HostCheck(configuration, on: host, in: Surroundings()).report(into: &result)
    return result.diagnostics.map {
      "\($0.location.line):\($0.location.column) \($0.severity) \($0.code)"
    }
  }

  private let rule = "rule 2001:db8:1::/80 { auto }"

  static let rows: [(name: String, text: String, expected: [String])] = [
    ("all is there", "proxy eth0 { rule 2001:db8:1::/80 { iface zt0 } }", []),
    ("another name", "proxy enp1s0 { rule 2001:db8:1::/80 { iface zt0 } }", []),
    ("pattern of another name", "proxy zt0 { rule 2001:db8:1::/80 { iface enx* } }", []),
    (
      "source address by another name", "proxy enp1s0 { source 2001:db8::1 rule ::2 { auto } }", []
    ),
    (
      "two names of one interface",
      "proxy eth0 { rule ::2 { auto } } proxy enp1s0 { rule ::3 { auto } }",
      ["1:40 warning same-interface"]
    ),
    (
      "three names of one interface, one of which is asked on first",
      "proxy zt0 { rule ::2 { iface eth0 } } proxy enp1s0 { rule ::3 { auto } }\n"
        + "proxy enx020000000001 { rule ::4 { auto } }", ["2:7 warning same-interface"]
    ),
    (
      "asks on itself by another name", "proxy enp1s0 { rule 2001:db8:1::/80 { iface eth0 } }",
      ["1:16 warning asks-itself"]
    ),
    ("missing", "proxy eth1 { rule 2001:db8:1::/80 { auto } }", ["1:7 warning missing-interface"]),
    (
      "said once", "proxy eth1 { rule ::2 { iface zt1 } rule ::3 { iface zt1 } }",
      ["1:7 warning missing-interface", "1:31 warning missing-interface"]
    ),
    ("down", "proxy down0 { rule ::2 { auto } }", ["1:7 warning interface-down"]),
    ("port of a bridge", "proxy port0 { rule ::2 { auto } }", ["1:7 warning enslaved-interface"]),
    (
      "proxy without neighbors", "proxy wg0 { rule ::2 { auto } }",
      ["1:7 warning no-neighbour-discovery"]
    ),
    (
      "rule interface without neighbors", "proxy eth0 { rule ::2 { iface wg0 } }",
      ["1:31 warning no-neighbour-discovery"]
    ),
    ("pattern that matches", "proxy eth0 { rule ::2 { iface zt* } }", []),
    (
      "pattern that does not", "proxy eth0 { rule ::2 { iface veth* } }",
      ["1:31 note missing-interface"]
    ),
    ("source address", "proxy eth0 { source 2001:db8::1 rule ::2 { auto } }", []),
    (
      "source address of another", "proxy eth0 { source 2001:db8::2 rule ::2 { auto } }",
      ["1:21 warning missing-address"]
    ),
    (
      "source address of what is missing", "proxy eth1 { source 2001:db8::2 rule ::2 { auto } }",
      ["1:7 warning missing-interface"]
    ),
  ]

  @Test func `a condition may be about any interface, and about one that is to come`() throws {
    let rule = "rule 2001:db8::/64 { iface zt0 }"
    #expect(try findings("proxy eth0 { require link wg0 \(rule) }") == [])
    #expect(try findings("proxy eth0 { require link down0 \(rule) }") == [])
    #expect(
      try findings("proxy eth0 { require link nil0 \(rule) }") == ["1:27 note missing-interface"])
  }

  @Test func `rows`() throws {
    for row in Self.rows {
      let found = try findings(row.text)
      #expect(found == row.expected, "\(row.name)")
    }
  }

  @Test func `whoever mistook a name sees those that there are`() throws {
    var result = ConfigurationParser.parse(Array("proxy eth1 { \(rule) }".utf8), fileName: "f")
    let configuration = try #require(result.configuration)
    HostCheck(configuration, on: host, in: Surroundings()).report(into: &result)
    #expect(
      result.diagnostics.first?.suggestion
        == "its rules wait until it appears; there are eth0, down0, br0, port0, wg0, zt0")
  }
}
