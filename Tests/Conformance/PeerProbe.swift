/// A probe by which proxies are compared, and the rows that try it here.
package struct PeerProbe: Sendable {
  /// As the first column there has it.
  package let name: String
  /// Ids of rows.
  package let rows: [String]

  private init(_ name: String, _ rows: String...) {
    (self.name, self.rows) = (name, rows)
  }

  /// All of them, in their order.
  package static let all = [
    PeerProbe("multicast, link-local source", "A01", "C12"),
    PeerProbe("multicast, global source", "C13", "D04"),
    PeerProbe("multicast without link-layer address", "D20"),
    PeerProbe("multicast with link-layer address and nonce", "B09", "D15"),
    PeerProbe("unicast, link-local source", "F01", "F06"),
    PeerProbe("unicast, global source", "F01", "F06"),
    PeerProbe("unicast without link-layer address", "A09", "D20"),
    PeerProbe("duplicate address detection", "G01", "G02", "G03"),
    PeerProbe("target is the subnet-router anycast address", "C09"),
    PeerProbe("hop limit 254 or 64", "A02", "A03"),
    PeerProbe("code 1", "A04"),
    PeerProbe("wrong checksum", "A05", "A06"),
    PeerProbe("option of length 0", "B01"),
    PeerProbe("duplicate address detection with link-layer address", "A15"),
    PeerProbe("duplicate address detection to a unicast address", "A14"),
    PeerProbe("multicast source", "A28"),
    PeerProbe("message of 20 bytes", "A08"),
    PeerProbe("destination options in front", "A23"),
    PeerProbe("source of the advertisement", "D03", "D04"),
    PeerProbe("interface mode left on", "L13"),
  ]
}
