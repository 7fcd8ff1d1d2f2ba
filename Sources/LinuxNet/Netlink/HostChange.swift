/// Something that changed on this host.
package enum HostChange: Equatable, Sendable {
  case link(Link)
  case linkRemoved(Int32)
  case address(LinkAddress)
  case addressRemoved(LinkAddress)
}
