import CLinux
import Glibc
package import LinuxNet

/// A rule of `ip -6 rule` (RTM_GETRULE), which chooses a routing table.
package struct PolicyRule: Equatable, Sendable {
  /// Lower numbers are tried first.
  package var priority: UInt32
  /// The table that it leads to.
  package var table: UInt32
  /// Whether it goes by a mark, a protocol, a port, a user or a tunnel, which a lookup of a route
  /// does not have.
  package var isConditional: Bool

  package init(priority: UInt32, table: UInt32, isConditional: Bool = false) {
    self.priority = priority
    self.table = table
    self.isConditional = isConditional
  }

  /// Whether the kernel has made it: the tables local and main.
  package var isDefault: Bool { self == Self.local || self == Self.main }

  /// What every namespace begins with.
  package static let local = PolicyRule(priority: 0, table: 255)
  /// What every namespace begins with.
  package static let main = PolicyRule(priority: 32766, table: 254)

  /// All rules of the thread's network namespace; needs no privilege.
  package static func readAll() throws(SystemError) -> [PolicyRule] {
    let request = [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 11)
    return try NetlinkSocket.table(RTM_GETRULE, payload: request, "read policy rules") {
      message, payload in
      Int(message.type) == RTM_NEWRULE ? PolicyRule(payload).map { [$0] } ?? [] : []
    }
  }

  /// Reads `struct fib_rule_hdr` and its attributes.
  init?(_ payload: RawSpan) {
    guard payload.byteCount >= 12, payload.native(at: 0, as: UInt8.self) == UInt8(AF_INET6) else {
      return nil
    }
    self.init(priority: 0, table: UInt32(payload.native(at: 4, as: UInt8.self)))
    forEachAttribute(in: payload, behind: 12) { attribute, value in
      switch Int(attribute) {
      case FRA_PRIORITY where value.byteCount == 4: priority = value.native(at: 0)
      case FRA_TABLE where value.byteCount == 4: table = value.native(at: 0)
      case FRA_FWMARK, FRA_TUN_ID, FRA_UID_RANGE, FRA_IP_PROTO, FRA_SPORT_RANGE, FRA_DPORT_RANGE:
        isConditional = true
      default: break
      }
    }
  }
}
