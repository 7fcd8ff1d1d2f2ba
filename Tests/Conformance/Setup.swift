package import NDPWire
import ProxyEngine
package import ProxyModel

/// The proxy's host and its configuration, for all rows that can share them.
package struct Setup: Sendable {
  /// Unique among all setups.
  package private(set) var name: String
  /// The configuration file; `Program` says what of it ndppd gets to see.
  package let configuration: String
  /// The proxy's addresses.
  package var addresses: [Address] = Setup.usualAddresses
  /// Routes of the proxy's host besides those of its addresses.
  package var routes: [HostRoute] = []
  /// Whether the proxy's host forwards packets.
  ///
  /// Where it does, the kernel itself reacts to unicast solicitations for targets.
  package var isForwarding = false

  package init(_ name: String, _ configuration: String) {
    (self.name, self.configuration) = (name, configuration)
  }

  /// A setup with what stands inside the block of the proxy on `up0`, line by line.
  package init(_ name: String, proxy lines: [String]) {
    self.init(name, (["proxy up0 {"] + lines + ["}", ""]).joined(separator: "\n"))
  }

  /// An address of the proxy's.
  package struct Address: Sendable {
    /// The link it is on.
    package let side: Side
    /// The address, its prefix length and how it may be used.
    package let address: Interface.Address

    package init(
      _ side: Side, _ address: IPv6Address, _ prefixLength: Int,
      _ state: Interface.Address.State = .preferred
    ) {
      self.side = side
      self.address = Interface.Address(address, prefixLength: prefixLength, state: state)
    }
  }

  /// A route as `ip -6 route add` takes it, and what the kernel says who is asked for it.
  package struct HostRoute: Sendable {
    /// The targets that it is for.
    package let prefix: IPv6Prefix
    /// What follows the prefix: `dev dn0`, `via fe80::1 dev dn0`.
    package let words: String
    /// What a lookup finds, by the name of the interface.
    package let finding: Finding
    /// The word before the prefix: `blackhole`.
    package var type = "unicast"

    package init(_ prefix: String, _ words: String, _ finding: Finding) {
      (self.prefix, self.words, self.finding) = (IPv6Prefix(prefix)!, words, finding)
    }

    /// A route of a type that leads nowhere: `blackhole`, `prohibit`, `unreachable`.
    package init(_ prefix: String, leadingNowhere type: String) {
      self.init(prefix, "", .unreachable)
      self.type = type
    }

    /// What a lookup of a route finds.
    package enum Finding: Sendable {
      case onLink(Side)
      case gateway(Side)
      case unreachable
    }
  }

  /// A link-local and a global address on each link.
  package static let usualAddresses = Side.allCases.flatMap {
    [Address($0, $0.linkLocal, 64), Address($0, $0.global, $0.prefixLength)]
  }
}

extension Setup {
  /// Targets of the rule `static`: `Trial.target(_:)`.
  package static let staticPrefix = IPv6Prefix("2001:db8:1:0:ff::/80")!
  /// Targets of the rule `iface dn0`: `Trial.verified(_:)`.
  package static let verifiedPrefix = IPv6Prefix("2001:db8:1:0:fd::/80")!
  /// Sixteen targets that have a static rule each.
  package static let singlePrefix = IPv6Prefix("2001:db8:1:0:aa::/124")!

  /// One rule of each kind; most rows are tried here.
  package static let usual = Setup(
    "usual",
    """
    max-solicitations 100000
    proxy up0 {
      rule \(staticPrefix) {
        static
      }
      rule \(verifiedPrefix) {
        iface dn0
      }
    \((0..<8).map { "  rule \(single($0)) {\n    static\n  }" }.joined(separator: "\n"))
    }
    """)

  /// The same under another name, for rows that would spoil others on a daemon with a weakness.
  package func apart(_ name: String) -> Setup {
    var copy = self
    copy.name += ", " + name
    return copy
  }

  /// The same with other addresses.
  package func with(_ addresses: [Address]) -> Setup {
    var copy = self
    copy.addresses = addresses
    return copy
  }

  /// One static rule for every address there is.
  package static let everything = Setup(
    "everything", proxy: ["rule ::/0 {", "static", "}"])

  /// A target that only one row uses, in a prefix of at most 96 bits.
  package static func target(
    _ number: Int, ofRow row: Int, in prefix: IPv6Prefix = staticPrefix
  ) -> IPv6Address {
    precondition(prefix.length <= 96 && 0..<0xffff ~= number)
    return IPv6Address(bits: prefix.address.bits | UInt128((row + 1) << 16 | number))
  }

  /// One of the targets that have a static rule for just them.
  package static func single(_ number: Int) -> IPv6Address {
    precondition(0..<8 ~= number)
    return IPv6Address(bits: singlePrefix.address.bits | UInt128(number))
  }
}
