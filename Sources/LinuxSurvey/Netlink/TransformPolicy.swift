import CLinux
import Glibc
package import LinuxNet
package import NDPWire

/// An IPsec policy of the kernel (`ip xfrm policy`) for packets that leave this host.
package struct TransformPolicy: Hashable, Sendable {
  /// Where the packets come from.
  package var source: IPv6Prefix
  /// Where they go.
  package var destination: IPv6Prefix
  /// What becomes of them.
  package var verdict: Verdict

  /// What a policy does.
  package enum Verdict: Sendable {
    /// Sends them through an IPsec association, whatever the routing table says.
    case transform
    /// Lets them go as the routing table says.
    case pass
    /// Drops them.
    case block
  }

  package init(source: IPv6Prefix, destination: IPv6Prefix, verdict: Verdict = .transform) {
    self.source = source
    self.destination = destination
    self.verdict = verdict
  }

  /// The policies of the thread's network namespace for IPv6 packets that are sent or forwarded,
  /// those first that are tried first.
  ///
  /// Throws `EPERM` without CAP_NET_ADMIN. A kernel without IPsec has none. Policies that go by an
  /// interface, a protocol, a port, a mark or an XFRM interface are left out.
  package static func readAll() throws(SystemError) -> [TransformPolicy] {
    let type = Int(XFRM_MSG_NEWPOLICY)
    do throws(SystemError) {
      let found: [(UInt32, TransformPolicy)] = try NetlinkSocket.table(
        Int(XFRM_MSG_GETPOLICY), payload: [UInt8](repeating: 0, count: 64),
        family: CInt(NETLINK_XFRM), "read IPsec policies"
      ) { message, payload in
        Int(message.type) == type ? TransformPolicy.read(payload).map { [$0] } ?? [] : []
      }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    } catch {
      if error.code == .protocolNotSupported { return [] }
      throw error
    }
  }

  /// Offsets in `struct xfrm_userpolicy_info`, which begins with `struct xfrm_selector`.
  private enum Layout {
    static let source = 16
    static let destinationPortMask = 34
    static let sourcePortMask = 38
    static let family = 40
    static let destinationLength = 42
    static let sourceLength = 43
    static let protocolNumber = 44
    static let interface = 48
    static let priority = 152
    static let direction = 160
    static let action = 161
    static let length = 168
  }

  /// Its priority, of which lower numbers come first, and itself.
  private static func read(_ payload: RawSpan) -> (UInt32, TransformPolicy)? {
    guard payload.byteCount >= Layout.length,
      payload.native(at: Layout.family, as: UInt16.self) == UInt16(AF_INET6),
      payload.octet(at: Layout.direction) == Int(XFRM_POLICY_OUT),
      payload.octet(at: Layout.protocolNumber) == 0, payload.octet(at: Layout.sourceLength) <= 128,
      payload.octet(at: Layout.destinationLength) <= 128,
      payload.native(at: Layout.interface, as: Int32.self) == 0,
      payload.native(at: Layout.destinationPortMask, as: UInt16.self) == 0,
      payload.native(at: Layout.sourcePortMask, as: UInt16.self) == 0
    else { return nil }
    var isSpecial = false
    var hasTemplate = false
    forEachAttribute(in: payload, behind: Layout.length) { attribute, value in
      switch UInt32(attribute) {
      case XFRMA_TMPL.rawValue: hasTemplate = value.byteCount > 0
      case XFRMA_IF_ID.rawValue where value.byteCount == 4:
        isSpecial = isSpecial || value.native(at: 0, as: UInt32.self) != 0
      // `struct xfrm_mark`: a value and a mask.
      case XFRMA_MARK.rawValue where value.byteCount == 8:
        isSpecial = isSpecial || value.native(at: 4, as: UInt32.self) != 0
      default: break
      }
    }
    if isSpecial { return nil }
    let blocks = payload.octet(at: Layout.action) == Int(XFRM_POLICY_BLOCK)
    return (
      payload.native(at: Layout.priority),
      TransformPolicy(
        source: IPv6Prefix(
          payload.extracting(droppingFirst: Layout.source).ipv6Address,
          length: payload.octet(at: Layout.sourceLength)),
        destination: IPv6Prefix(
          payload.ipv6Address, length: payload.octet(at: Layout.destinationLength)),
        verdict: blocks ? .block : hasTemplate ? .transform : .pass)
    )
  }
}

extension RawSpan {
  /// The octet at an offset; traps beyond the end.
  fileprivate func octet(at offset: Int) -> Int { Int(native(at: offset, as: UInt8.self)) }
}
