import CLinux
import Glibc
package import LinuxNet

/// A network interface with what `ip -details link` shows of it (RTM_GETLINK).
package struct DetailedLink: Equatable, Sendable {
  /// What the daemon goes by.
  package var link: Link
  /// The longest packet in octets.
  package var mtu: Int
  /// What made it: `bridge`, `veth`, `tun`, `wireguard`; `nil` for hardware.
  package var kind: String?
  /// What IPv6 does there; `nil` where there is no IPv6.
  package var settings: IPv6Settings?

  package init(
    link: Link, mtu: Int = 1500, kind: String? = nil,
    settings: IPv6Settings? = IPv6Settings()
  ) {
    self.link = link
    self.mtu = mtu
    self.kind = kind
    self.settings = settings
  }
}

/// The variables of one interface below `net.ipv6.conf`, as IFLA_INET6_CONF has them.
package struct IPv6Settings: Equatable, Sendable {
  /// `forwarding`: whether the interface behaves as a router's.
  package var forwarding = 1
  /// `accept_ra`: 0 never, 1 unless forwarding, 2 always.
  package var acceptRouterAdvertisements = 2
  /// `proxy_ndp`: whether the kernel itself answers for its proxy entries.
  package var proxyNDP = 0
  /// `disable_ipv6`.
  package var isDisabled = false
  /// `addr_gen_mode`: 0 is EUI-64, 1 none.
  package var addressGenerationMode = 0

  package init() {}
}

extension DetailedLink {
  /// All interfaces of the thread's network namespace.
  ///
  /// Needs no privilege. Some 100 µs.
  package static func readAll() throws(SystemError) -> [DetailedLink] {
    let request = [UInt8](repeating: 0, count: 16)
    return try NetlinkSocket.table(RTM_GETLINK, payload: request, "read interfaces from netlink") {
      message, payload in
      Int(message.type) == RTM_NEWLINK ? DetailedLink(payload).map { [$0] } ?? [] : []
    }
  }

  /// Reads `struct ifinfomsg` and its attributes; `nil` for what is no interface of its own.
  init?(_ payload: RawSpan) {
    guard let link = Link(payload) else { return nil }
    self.init(link: link, mtu: 0, kind: link.kind, settings: nil)
    forEachAttribute(in: payload, behind: 16) { attribute, value in
      switch Int(attribute) {
      case IFLA_MTU where value.byteCount == 4:
        mtu = Int(value.native(at: 0, as: UInt32.self))
      case IFLA_AF_SPEC: settings = IPv6Settings(families: value)
      default: break
      }
    }
  }
}

extension IPv6Settings {
  /// Reads `IFLA_AF_SPEC`.
  fileprivate init?(families: RawSpan) {
    var read: IPv6Settings?
    forEachAttribute(in: families, behind: 0) { family, attributes in
      guard family == UInt16(AF_INET6) else { return }
      var settings = IPv6Settings()
      forEachAttribute(in: attributes, behind: 0) { attribute, value in
        switch Int(attribute) {
        case IFLA_INET6_CONF: settings.take(variables: value)
        case IFLA_INET6_ADDR_GEN_MODE where value.byteCount >= 1:
          settings.addressGenerationMode = Int(value.native(at: 0, as: UInt8.self))
        default: break
        }
      }
      read = settings
    }
    guard let read else { return nil }
    self = read
  }

  /// Places in the array, of the kernel's `DEVCONF_` enumeration (linux/ipv6.h).
  private enum Place {
    static let forwarding = 0
    static let acceptRouterAdvertisements = 3
    static let proxyNDP = 22
    static let disableIPv6 = 26
  }

  private mutating func take(variables: RawSpan) {
    guard variables.byteCount >= 4 * (Place.disableIPv6 + 1) else { return }
    forwarding = variables.element(Place.forwarding)
    acceptRouterAdvertisements = variables.element(Place.acceptRouterAdvertisements)
    proxyNDP = variables.element(Place.proxyNDP)
    isDisabled = variables.element(Place.disableIPv6) != 0
  }
}

extension RawSpan {
  /// An element of an array of 32-bit numbers.
  fileprivate func element(_ place: Int) -> Int { Int(native(at: 4 * place, as: Int32.self)) }
}
