import ProxyEngine
import ProxyModel

extension DiscardReason {
  /// Why nothing came of a message, as the log tells it.
  package var sentence: String {
    switch self {
    case .notProxyInterface: "no proxy is configured for this interface"
    case .noRule: "no rule covers the target"
    case .excluded: "the rule excludes the target"
    case .conditionUnmet: "a condition of the rule or its proxy is not met"
    case .ownAddress: "the target is an address of this interface, so the kernel answers"
    case .targetNotProxied: "a proxy may not answer for this kind of address"
    case .ownFrame: "the message comes from this host"
    case .askerIsTarget: "the solicitation is for the address of its sender"
    case .duplicateAddressDetection:
      "only the owner of the address may answer Duplicate Address Detection"
    case .ruleInterfaceUnavailable:
      "the rule interface is missing, down, a bridge port, or has no neighbor discovery"
    case .noRoute:
      "the kernel has no route to the target, or one back to the proxy interface"
    case .targetUpstream: "a neighbor on the link of the proxy has the target"
    case .askerOffLink: "the source address of the solicitation is not on the link"
    case .offLinkLimit: "too many solicitations per second from addresses that are not on the link"
    case .sessionLimit: "max-sessions is reached, and all of these targets reply"
    case .routeLookupFailed: "the route lookup failed"
    case .askedHere: "ndpproxy has just sent a solicitation for the target on this interface"
    case .targetFailed: "the target failed less than 'deadtime' ago"
    case .noSourceAddress: "the interface has no usable source address"
    case .advertisementLimit: "max-advertisements is reached"
    case .solicitationLimit: "max-solicitations is reached"
    case .routeLookupLimit: "max-route-lookups is reached"
    case .conflictingOwner: "another host has confirmed the target"
    case .advertisementNotAwaited: "no solicitation for this target is open"
    case .advertisementNotSolicited: "the advertisement does not answer a solicitation of this host"
    case .otherGateway: "another host advertises the target, for which ndpproxy answers"
    case .advertisementLinkLayerAddress: "the advertisement has no link-layer address of the target"
    }
  }
}
