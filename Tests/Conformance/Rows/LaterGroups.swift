extension Row {
  /// The rows of groups E and H through N.
  static let laterGroups =
    timing + probes + answers + methods + unsolicited + loops + resources + related + interfaceLabs
    + socketLabs + membershipLabs + peerLabs + loopLabs + floodLabs
}
