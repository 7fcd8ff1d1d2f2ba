import CLinux

/// Tells that IPv6 routes change, not how.
///
/// It has a socket of its own, so that a storm of route changes costs no news of interfaces.
package final class RouteMonitor: Pollable {
  private let socket: NetlinkSocket

  /// Starts to listen.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: UInt32(RTMGRP_IPV6_ROUTE))
  }

  package var pollDescriptor: CInt { socket.descriptor.number }

  /// Takes up all news that have arrived, and says whether any route changed.
  ///
  /// More news than the kernel could hold (`ENOBUFS`) are news all the same.
  package func takeChanges() throws(SystemError) -> Bool {
    var hasChanged = false
    while true {
      do {
        let isRead = try socket.receive { message, payload in
          guard [RTM_NEWROUTE, RTM_DELROUTE].contains(Int(message.type)) else { return }
          // Our own routes lead where we know the targets to be.
          let maker = HostRouteMessage.protocolNumber(payload)
          hasChanged = hasChanged || maker != HostRouteTable.protocolNumber
        }
        if !isRead { return hasChanged }
      } catch {
        guard error.isOverrun else { throw error }
        hasChanged = true
      }
    }
  }
}
