import NDPWire

/// Which target, asked for on which proxy interface.
struct SessionKey: Hashable {
  let target: IPv6Address
  private let proxyNumber: UInt32
  /// The position of the proxy in the ruleset.
  var proxy: Int { Int(proxyNumber) }

  init(proxy: Int, target: IPv6Address) {
    (proxyNumber, self.target) = (UInt32(proxy), target)
  }
}
