import CLinux
import Glibc
package import NDPWire

/// Membership in IPv6 multicast groups on one interface, for as long as the object lives.
///
/// The kernel reports it by MLD, so that switches which snoop on MLD pass the groups' frames on:
/// the all-multicast mode of a packet socket does not tell them.
package final class MulticastMembership {
  private let descriptor: Descriptor
  private let interfaceIndex: Int32

  /// How many groups one membership may have; the kernel's default lets a socket join some 2300.
  package static let limit = 2048

  /// Starts without any group.
  package init(interfaceIndex: Int32) throws(SystemError) {
    self.interfaceIndex = interfaceIndex
    let type = CInt(SOCK_DGRAM.rawValue) | CInt(O_CLOEXEC)
    descriptor = Descriptor(owning: try call("open socket") { socket(AF_INET6, type, 0) })
  }

  /// Joins a group.
  ///
  /// Throws `ENODEV` where the interface has no IPv6 at the moment.
  package func join(_ group: IPv6Address) throws(SystemError) {
    var request = ipv6_mreq()
    unsafe withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) {
      unsafe $0.storeBytes(of: group.bits.bigEndian, as: UInt128.self)
    }
    request.ipv6mr_interface = UInt32(interfaceIndex)
    try call("join \(group) on interface \(interfaceIndex)") {
      unsafe setsockopt(
        descriptor.number, CInt(IPPROTO_IPV6), IPV6_JOIN_GROUP, &request,
        socklen_t(MemoryLayout<ipv6_mreq>.size))
    }
  }
}
