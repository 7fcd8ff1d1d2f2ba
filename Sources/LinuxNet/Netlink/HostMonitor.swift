import CLinux

/// What the kernel tells of links and IPv6 addresses.
///
/// Once as they are, then as they change. No polling.
package final class HostMonitor: Pollable {
  private let socket: NetlinkSocket

  /// Starts listening for changes; call `readAll` next.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: UInt32(RTMGRP_LINK | RTMGRP_IPV6_IFADDR))
  }

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// Hands over every link and then every address, mixed with changes that happen meanwhile.
  ///
  /// Throws `ENOBUFS` where too many changes happened meanwhile: then what was handed over is
  /// incomplete, and the call is to be made again.
  package func readAll(_ body: (HostChange) -> Void) throws(SystemError) {
    try socket.discardAll()
    try dump(RTM_GETLINK, payload: [UInt8](repeating: 0, count: 16), body)
    try dump(RTM_GETADDR, payload: [UInt8(AF_INET6)] + [UInt8](repeating: 0, count: 7), body)
  }

  /// Hands over the changes that have arrived, and says whether more may be waiting.
  ///
  /// At most `datagramLimit` datagrams, most of which have one change: what is left keeps the
  /// descriptor readable. Throws `ENOBUFS` where some were lost: then `readAll` tells how things
  /// are.
  @discardableResult
  package func receive(_ body: (HostChange) -> Void) throws(SystemError) -> Bool {
    try socket.receive(atMost: Self.datagramLimit) { message, payload in
      if let change = HostChange(message, payload) { body(change) }
    }
  }

  /// How many datagrams are taken in a row, so that a storm of changes keeps nobody waiting.
  package static let datagramLimit = 32

  private func dump(
    _ type: Int, payload: [UInt8], _ body: (HostChange) -> Void
  ) throws(SystemError) {
    try socket.dump(type, payload: payload, "read interfaces from netlink") { message, payload in
      if let change = HostChange(message, payload) { body(change) }
    }
  }
}

extension HostChange {
  init?(_ message: NetlinkMessage, _ payload: RawSpan) {
    switch Int(message.type) {
    case RTM_NEWLINK:
      guard let link = Link(payload) else { return nil }
      self = .link(link)
    case RTM_DELLINK:
      guard let index = Link.index(payload) else { return nil }
      self = .linkRemoved(index)
    case RTM_NEWADDR:
      guard let address = LinkAddress(payload) else { return nil }
      self = .address(address)
    case RTM_DELADDR:
      guard let address = LinkAddress(payload) else { return nil }
      self = .addressRemoved(address)
    default:
      return nil
    }
  }
}
