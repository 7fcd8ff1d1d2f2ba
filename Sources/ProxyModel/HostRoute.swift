public import NDPWire

/// The way to one target that was confirmed, for the kernel to know (`autowire` in ndppd).
public struct HostRoute: Hashable, Sendable {
  /// The one destination.
  public let target: IPv6Address
  /// Where it was confirmed.
  public let interface: InterfaceIndex
  /// The host that confirmed it, if packets are to go by way of that.
  public let gateway: IPv6Address?

  public init(target: IPv6Address, interface: InterfaceIndex, gateway: IPv6Address?) {
    self.target = target
    self.interface = interface
    self.gateway = gateway
  }
}
