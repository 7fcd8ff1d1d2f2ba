/// Where the kernel holds an address to be, seen from a proxy interface.
public enum Location: Equatable, Sendable {
  /// Its route does not lead to a link of this host, or there is none.
  case elsewhere
  /// Its route leads to the link of another interface.
  case onLink(InterfaceIndex)
  /// Its route leads to the link of that interface itself, where nobody is known to have it.
  case onProxyLink
  /// A neighbor on the link of that interface has it, or this host's default router is said to.
  case neighbor
}
