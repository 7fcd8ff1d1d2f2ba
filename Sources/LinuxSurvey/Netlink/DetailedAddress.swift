import CLinux
import Glibc
package import LinuxNet

/// An IPv6 address of an interface with what `ip address` shows of it (RTM_GETADDR).
package struct DetailedAddress: Equatable, Sendable {
  /// What the daemon goes by.
  package var assigned: LinkAddress
  /// Whether another host was found to have it (IFA_F_DADFAILED).
  package var isDuplicate: Bool

  package init(assigned: LinkAddress, isDuplicate: Bool = false) {
    self.assigned = assigned
    self.isDuplicate = isDuplicate
  }

  /// All IPv6 addresses of the thread's network namespace; needs no privilege.
  package static func readAll() throws(SystemError) -> [DetailedAddress] {
    let request = [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 7)
    return try NetlinkSocket.table(RTM_GETADDR, payload: request, "read addresses from netlink") {
      message, payload in
      Int(message.type) == RTM_NEWADDR ? DetailedAddress(payload).map { [$0] } ?? [] : []
    }
  }

  /// Reads `struct ifaddrmsg` and its attributes; `nil` for other families.
  init?(_ payload: RawSpan) {
    guard let assigned = LinkAddress(payload) else { return nil }
    var flags = UInt32(payload.native(at: 2, as: UInt8.self))
    forEachAttribute(in: payload, behind: 8) { attribute, value in
      if Int(attribute) == IFA_FLAGS, value.byteCount == 4 { flags = value.native(at: 0) }
    }
    self.init(assigned: assigned, isDuplicate: flags & UInt32(IFA_F_DADFAILED) != 0)
  }
}
