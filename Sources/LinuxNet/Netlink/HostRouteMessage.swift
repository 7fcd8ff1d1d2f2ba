import CLinux
import NDPWire

/// An IPv6 route to a single address, as rtnetlink describes it (RTM_NEWROUTE).
struct HostRouteMessage {
  let target: IPv6Address
  let interface: Int32
  let gateway: IPv6Address?
  let table: UInt32
  let protocolNumber: UInt8

  /// Reads `struct rtmsg` and its attributes; `nil` for any other route.
  package init?(_ payload: RawSpan) {
    guard let protocolNumber = Self.protocolNumber(payload),
      payload.native(at: 1, as: UInt8.self) == 128
    else { return nil }
    var target: IPv6Address?
    var interface: Int32?
    var gateway: IPv6Address?
    var table = UInt32(payload.native(at: 4, as: UInt8.self))
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case Int(RTA_TABLE.rawValue) where value.byteCount == 4: table = value.native(at: 0)
      case Int(RTA_DST.rawValue) where value.byteCount == 16: target = value.ipv6Address
      case Int(RTA_OIF.rawValue) where value.byteCount == 4: interface = value.native(at: 0)
      case Int(RTA_GATEWAY.rawValue) where value.byteCount == 16: gateway = value.ipv6Address
      default: break
      }
    }
    guard let target, let interface else { return nil }
    self.target = target
    self.interface = interface
    self.gateway = gateway
    self.table = table
    self.protocolNumber = protocolNumber
  }

  /// Who has made a route; `nil` if the message is cut off.
  static func protocolNumber(_ payload: RawSpan) -> UInt8? {
    payload.byteCount >= 12 ? payload.native(at: 5, as: UInt8.self) : nil
  }
}
