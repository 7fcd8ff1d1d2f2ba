/// Why a well-formed message led to nothing.
public enum DiscardReason: Int, CaseIterable, Sendable {
  /// It came on an interface without rules.
  case notProxyInterface
  /// No rule covers the target.
  case noRule
  /// The rule that covers the target excludes it.
  case excluded
  /// A `require` of the rule or its proxy is not met.
  case conditionUnmet
  /// The kernel answers for its own addresses of this interface.
  case ownAddress
  /// Link-local, loopback, unspecified and IPv4-mapped targets are nobody's to proxy.
  case targetNotProxied
  /// The frame is one of this host's own.
  case ownFrame
  /// The asker asks for its own address.
  case askerIsTarget
  /// Duplicate address detection that only the owner may answer.
  case duplicateAddressDetection
  /// The rule interface is missing, down, the proxy interface itself, or has no neighbors.
  case ruleInterfaceUnavailable
  /// The target is a neighbor on the link of the proxy, and answers there itself.
  case targetUpstream
  /// The asker's address is not on the link, which `solicitors` excludes.
  case askerOffLink
  /// `Limits.offLinkSolicitationsPerSecond`.
  case offLinkLimit
  /// There are as many targets as may be, and none that may be forgotten.
  case sessionLimit
  /// The kernel has no route to the target, or one back out of the proxy interface.
  case noRoute
  /// The kernel could not be asked for its route.
  case routeLookupFailed
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
  /// An advertisement without the Solicited flag, or to no address of this host.
  case advertisementNotSolicited
  /// An advertisement from another link-layer address than the one that confirmed the target.
  case conflictingOwner
  /// An advertisement of another station for a target for which this host answers.
  case otherGateway
  /// An advertisement that does not say where the target is, or says it is us.
  case advertisementLinkLayerAddress

  /// Its name in JSON, metrics, logs and `ndpctl why`: that of the case.
  ///
  /// Monitoring of users goes by it, so that a case keeps its name.
  public var name: String {
    // Embedded Swift does not know the names of cases.
    switch self {
    case .notProxyInterface: "notProxyInterface"
    case .noRule: "noRule"
    case .excluded: "excluded"
    case .conditionUnmet: "conditionUnmet"
    case .ownAddress: "ownAddress"
    case .targetNotProxied: "targetNotProxied"
    case .ownFrame: "ownFrame"
    case .askerIsTarget: "askerIsTarget"
    case .duplicateAddressDetection: "duplicateAddressDetection"
    case .ruleInterfaceUnavailable: "ruleInterfaceUnavailable"
    case .targetUpstream: "targetUpstream"
    case .askerOffLink: "askerOffLink"
    case .offLinkLimit: "offLinkLimit"
    case .sessionLimit: "sessionLimit"
    case .noRoute: "noRoute"
    case .routeLookupFailed: "routeLookupFailed"
    case .askedHere: "askedHere"
    case .targetFailed: "targetFailed"
    case .noSourceAddress: "noSourceAddress"
    case .advertisementLimit: "advertisementLimit"
    case .solicitationLimit: "solicitationLimit"
    case .routeLookupLimit: "routeLookupLimit"
    case .advertisementNotAwaited: "advertisementNotAwaited"
    case .advertisementNotSolicited: "advertisementNotSolicited"
    case .conflictingOwner: "conflictingOwner"
    case .otherGateway: "otherGateway"
    case .advertisementLinkLayerAddress: "advertisementLinkLayerAddress"
    }
  }
}
