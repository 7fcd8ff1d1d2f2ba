import CLinux
import Glibc
package import LinuxNet

/// Whether the kernel forwards IPv6 packets (RTM_GETNETCONF).
package struct ForwardingSettings: Equatable, Sendable {
  /// `net.ipv6.conf.all.forwarding`, which alone decides whether packets pass.
  package var all: Bool
  /// `net.ipv6.conf.default.forwarding`, for interfaces yet to come.
  package var `default`: Bool
  /// Interfaces with `force_forwarding` (Linux 6.17), which forward without `all`.
  package var forced: Set<Int32>

  package init(all: Bool, default: Bool, forced: Set<Int32> = []) {
    self.all = all
    self.default = `default`
    self.forced = forced
  }

  /// Reads them for the thread's network namespace; needs no privilege.
  package static func read() throws(SystemError) -> ForwardingSettings {
    let operation = "read forwarding from netlink"
    let found = try NetlinkSocket.table(
      RTM_GETNETCONF, payload: [UInt8(AF_INET6), 0, 0, 0], operation
    ) { message, payload in
      Int(message.type) == RTM_NEWNETCONF ? setting(payload).map { [$0] } ?? [] : []
    }
    var settings = ForwardingSettings(all: false, default: false)
    for (index, isOn) in found where isOn {
      switch index {
      case NETCONFA_IFINDEX_ALL: settings.all = true
      case NETCONFA_IFINDEX_DEFAULT: settings.default = true
      default: break
      }
    }
    return settings
  }

  /// Reads `struct netconfmsg`: an interface, and whether it forwards.
  private static func setting(_ payload: RawSpan) -> (Int32, Bool)? {
    var index: Int32?
    var isOn: Bool?
    forEachAttribute(in: payload, behind: 4) { attribute, value in
      switch Int32(attribute) {
      case Int32(NETCONFA_IFINDEX) where value.byteCount == 4: index = value.native(at: 0)
      case Int32(NETCONFA_FORWARDING) where value.byteCount == 4:
        isOn = value.native(at: 0, as: Int32.self) != 0
      default: break
      }
    }
    guard let index, let isOn else { return nil }
    return (index, isOn)
  }
}
