package import NDPWire

/// What is different about this host, each with whether it is there now.
package struct HostChanges: Sendable {
  /// Link-layer addresses.
  package var stations: [MACAddress: Bool]
  /// IPv6 addresses, but for link-local ones.
  package var addresses: [IPv6Address: Bool]
  /// Interfaces on which nobody can be asked, such as tunnels.
  package var tunnels: [UInt32: Bool]

  package init(
    stations: [MACAddress: Bool] = [:], addresses: [IPv6Address: Bool] = [:],
    tunnels: [UInt32: Bool] = [:]
  ) {
    (self.stations, self.addresses, self.tunnels) = (stations, addresses, tunnels)
  }
}
