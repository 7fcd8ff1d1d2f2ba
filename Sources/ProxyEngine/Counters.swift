package import NDPWire

/// Why a well-formed message led to nothing.
package enum DiscardReason: Int, CaseIterable, Sendable {
  /// It came on an interface without rules.
  case notProxyInterface
  /// No rule covers the target.
  case noRule
  /// The rule that covers the target excludes it.
  case excluded
  /// The kernel answers for its own addresses of this interface.
  case ownAddress
  /// Link-local, loopback, unspecified and IPv4-mapped targets are nobody's to proxy.
  case targetNotProxied
  /// The sender's addresses are our own.
  case ownFrame
  /// The asker asks for its own address.
  case askerIsTarget
  /// Duplicate address detection that only the owner may answer.
  case duplicateAddressDetection
  /// The rule interface is missing, down, the proxy interface itself, or has no neighbours.
  case ruleInterfaceUnavailable
  /// The kernel has no route to the target, or one back out of the proxy interface.
  case noRoute
  /// We have just asked for the target on the interface on which it is asked for.
  case askedHere
  /// The target was silent a moment ago.
  case targetFailed
  /// The interface has no address that may be a source, or no link-layer address.
  case noSourceAddress
  /// `Limits.advertisementsPerSecond`.
  case advertisementLimit
  /// `Limits.solicitationsPerSecond`.
  case solicitationLimit
  /// `Limits.routeLookupsPerSecond`.
  case routeLookupLimit
  /// An advertisement that nobody waits for, or on another interface than asked.
  case advertisementNotAwaited
  /// An advertisement without the Solicited flag, or to another address than we asked from.
  case advertisementNotSolicited
  /// An advertisement from another link-layer address than the one that confirmed the target.
  case conflictingOwner
  /// An advertisement that does not say where the target is, or says it is us.
  case advertisementLinkLayerAddress
}

/// What the engine did and did not do, since it was made.
///
/// Counters never go back.
package struct Counters: Sendable {
  /// Advertisements sent.
  package fileprivate(set) var advertised: UInt64 = 0
  /// Solicitations sent, each on one interface.
  package fileprivate(set) var solicited: UInt64 = 0
  /// Sessions forgotten because `Limits.sessions` was reached.
  package fileprivate(set) var sessionsEvicted: UInt64 = 0
  /// Askers forgotten because `Limits.askersPerSession` was reached.
  package fileprivate(set) var askersEvicted: UInt64 = 0
  /// Messages that led to nothing, for whatever reason.
  package private(set) var discardCount: UInt64 = 0
  /// Why the latest of them did.
  package private(set) var latestDiscard: DiscardReason?
  private var dropped = [UInt64](repeating: 0, count: DropReason.allCases.count)
  private var discarded = [UInt64](repeating: 0, count: DiscardReason.allCases.count)

  /// How many frames were malformed in this way.
  package subscript(reason: DropReason) -> UInt64 { dropped[reason.rawValue] }

  /// How many well-formed messages led to nothing for this reason.
  package subscript(reason: DiscardReason) -> UInt64 { discarded[reason.rawValue] }

  mutating func drop(_ reason: DropReason) { dropped[reason.rawValue] += 1 }
  mutating func discard(_ reason: DiscardReason) {
    discarded[reason.rawValue] += 1
    discardCount += 1
    latestDiscard = reason
  }
  mutating func advertise() { advertised += 1 }
  mutating func solicit() { solicited += 1 }
  mutating func evictSession() { sessionsEvicted += 1 }
  mutating func evictAsker() { askersEvicted += 1 }
}
