import ProxyEngine
import ProxyModel

extension DiscardReason {
  /// Why nothing came of a message, as the log tells it.
  package var sentence: String {
    switch self {
    case .notProxyInterface: "no proxy is configured for this interface"
    case .noRule: "no rule covers the target"
    case .excluded: "the rule excludes the target"
    case .ownAddress: "the target is an address of this interface, and the kernel answers"
    case .targetNotProxied: "such a target is never answered for"
    case .ownFrame: "it comes from this host"
    case .askerIsTarget: "the asker asks for its own address"
    case .duplicateAddressDetection: "only the owner itself may answer that"
    case .ruleInterfaceUnavailable:
      "the rule's interface is missing, down, a port or without neighbours"
    case .noRoute:
      "the kernel has no route to the target, or one back to where the question is from"
    case .targetUpstream: "a neighbor on the link of the proxy has the target"
    case .askerOffLink: "the asker's address is not on the link"
    case .offLinkLimit: "too many solicitations per second from addresses that are not on the link"
    case .sessionLimit: "there are too many targets, and all of them answer"
    case .routeLookupFailed: "the kernel could not be asked for its route"
    case .askedHere: "we have just asked for the target on this very interface"
    case .targetFailed: "the target did not answer a moment ago"
    case .noSourceAddress: "the interface to answer or ask on has no usable address"
    case .advertisementLimit: "too many answers per second"
    case .solicitationLimit: "too many new targets per second"
    case .routeLookupLimit: "too many route lookups per second"
    case .conflictingOwner: "another station has confirmed the target"
    case .advertisementNotAwaited: "nobody waits for it"
    case .advertisementNotSolicited: "it does not answer a question of ours"
    case .advertisementLinkLayerAddress: "it does not say where the target is"
    }
  }
}
