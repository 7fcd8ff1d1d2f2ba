import LinuxNet
import LinuxSurvey
import NDPWire
import ProxyConfig
import ProxyModel

@testable import HostDoctor

/// A host made by hand: the founding network's gateway, with everything in order.
struct Gateway {
  var picture = HostPicture()
  var configuration = Configuration()
  var complaints: [String] = []
  var isUnusable = false

  static let prefix = IPv6Prefix("2001:db8:1:0:ff::/80")!
  static let onLink = IPv6Prefix("2001:db8:1::/64")!
  static let eth0: Int32 = 2
  static let zt0: Int32 = 3

  init(method: Ruleset.Method = .auto, prefix: IPv6Prefix = Gateway.prefix) {
    picture.links = [
      DetailedLink(link: link(1, "lo", hasNeighborDiscovery: false), mtu: 65536),
      DetailedLink(link: link(Self.eth0, "eth0")), DetailedLink(link: link(Self.zt0, "zt0")),
    ]
    picture.addresses = [
      address(Self.eth0, "2001:db8:1::2", 64), address(Self.eth0, "fe80::2", 64),
      address(Self.zt0, "2001:db8:1:0:ff::1", 80), address(Self.zt0, "fe80::3", 64),
    ]
    picture.forwarding = ForwardingSettings(all: true, default: true)
    picture.routes = [
      RouteEntry(destination: Self.onLink, interface: Self.eth0, metric: 256),
      RouteEntry(destination: Self.prefix, interface: Self.zt0, metric: 256),
      RouteEntry(
        destination: IPv6Prefix("::/0")!, interface: Self.eth0,
        gateway: IPv6Address("2001:db8:1::1")!),
    ]
    picture.processes = .success([HostProcess(identifier: 7, name: "ndpproxy")])
    picture.bootSettings = SysctlFiles([
      TextFile(path: "/etc/sysctl.d/90-ndpproxy.conf", text: "net.ipv6.conf.all.forwarding = 1\n")
    ])
    configuration.ruleset.proxies = [
      Ruleset.Proxy(interface: "eth0", rules: [.init(prefix: prefix, method: method)])
    ]
  }

  /// With the kernel's answers to all that is asked of it, as the routes say.
  private var answered: HostPicture {
    var picture = picture
    let ask = { (question: RouteQuestion) in
      picture.decisions[question] = picture.foreseenDecision(question)
    }
    ask(.ownOutward)
    for placed in configuration.placedRules(limit: Examination.ruleLimit) {
      let proxy = picture.link(named: placed.proxy)?.link.index
      for (_, address) in RuleParts(of: placed, on: picture).samples {
        ask(.inward(address, enteringBy: proxy))
        for index in picture.links.map(\.link.index) {
          ask(.outward(address, enteringBy: index))
        }
        ask(.outward(address, enteringBy: nil))
      }
    }
    return picture
  }

  mutating func change(_ index: Int32, _ body: (inout DetailedLink) -> Void) {
    let place = picture.links.firstIndex { $0.link.index == index }!
    body(&picture.links[place])
  }

  /// The findings of one check, or of all.
  func findings(_ codes: String...) -> [Finding] { diagnosis(Set(codes)).findings }

  func diagnosis(_ codes: Set<String> = []) -> Diagnosis {
    Diagnosis(
      of: Examination(
        picture: answered, configuration: configuration, path: "/etc/ndpproxy.conf",
        complaints: complaints, isUnusable: isUnusable), only: codes)
  }
}

func link(
  _ index: Int32, _ name: String, isUp: Bool = true, isRunning: Bool = true,
  master: Int32? = nil, hasNeighborDiscovery: Bool = true
) -> Link {
  Link(
    index: index, name: name, linkLayerAddress: MACAddress(bits: 0x0200_0000_0000 | UInt64(index)),
    isUp: isUp, isRunning: isRunning, master: master, hasNeighborDiscovery: hasNeighborDiscovery)
}

func address(
  _ index: Int32, _ text: String, _ length: Int, isDeprecated: Bool = false,
  isDuplicate: Bool = false
) -> DetailedAddress {
  DetailedAddress(
    assigned: LinkAddress(
      index: index, address: IPv6Address(text)!, prefixLength: length, isTentative: isDuplicate,
      isDeprecated: isDeprecated), isDuplicate: isDuplicate)
}
