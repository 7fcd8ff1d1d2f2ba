import CLinux
package import NDPWire

/// The routes to single IPv6 addresses that this program has put into the kernel's tables.
///
/// They carry a protocol number of their own, by which those are known that were left behind.
/// Needs CAP_NET_ADMIN.
package final class HostRouteTable {
  private let socket: NetlinkSocket
  private var installed: [IPv6Address: Way] = [:]

  /// What `ip route` shows as `proto 112`: nobody else's in iproute2's list.
  package static let protocolNumber: UInt8 = 112

  /// An interface and perhaps a router on its link, in a routing table.
  private struct Way: Equatable {
    let interface: Int32
    let gateway: IPv6Address?
    let table: UInt32
  }

  /// The table of all interfaces that are in no VRF.
  package static let mainTable = UInt32(RT_TABLE_MAIN.rawValue)

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
  }

  /// Puts a route in place of any other of ours for the same target.
  ///
  /// Where somebody else has put one there, that stays.
  package func install(
    _ target: IPv6Address, interface: Int32, gateway: IPv6Address?,
    table: UInt32 = HostRouteTable.mainTable
  ) throws(SystemError) {
    let way = Way(interface: interface, gateway: gateway, table: table)
    if let old = installed[target], old != way { try remove(target) }
    let flags = Int(NLM_F_CREATE | NLM_F_EXCL)
    do {
      try request(RTM_NEWROUTE, flags: flags, target, way, "install a route to \(target)")
      installed[target] = way
    } catch {
      guard error.code == .fileExists else { throw error }
    }
  }

  /// Takes a route of ours away; that it is gone already is fine.
  package func remove(_ target: IPv6Address) throws(SystemError) {
    guard let way = installed.removeValue(forKey: target) else { return }
    do {
      try request(RTM_DELROUTE, flags: 0, target, way, "remove the route to \(target)")
    } catch {
      guard error.code == .noSuchProcess || error.code == .noSuchAddressOrDevice else {
        throw error
      }
    }
  }

  /// What `look` finds where there is no route of ours to the target: it is away meanwhile, for as
  /// long as the kernel takes to answer.
  package func lookBeneath(
    _ target: IPv6Address, _ look: () throws(SystemError) -> RouteResult
  ) throws(SystemError) -> RouteResult {
    guard let way = installed[target] else { return try look() }
    try remove(target)
    let result: Result<RouteResult, SystemError>
    do { result = .success(try look()) } catch { result = .failure(error) }
    try install(target, interface: way.interface, gateway: way.gateway, table: way.table)
    return try result.get()
  }

  /// Takes all routes of ours away, as far as that is possible.
  package func removeAll() {
    for target in Array(installed.keys) { try? remove(target) }
  }

  /// Takes up the routes that an earlier process of ours has left behind, and removes them.
  ///
  /// Returns how many. The kernel looks for them: the others are not even read.
  package func reclaim() throws(SystemError) -> Int {
    // Kernels that do not know it hand over all routes.
    try? socket.askForFilteredDumps()
    var found: [(IPv6Address, Way)] = []
    try socket.dump(RTM_GETROUTE, payload: Self.header(length: 0), "read host routes") {
      message, payload in
      guard Int(message.type) == RTM_NEWROUTE, let route = HostRouteMessage(payload),
        route.protocolNumber == Self.protocolNumber
      else { return }
      found.append(
        (
          route.target,
          Way(interface: route.interface, gateway: route.gateway, table: route.table)
        ))
    }
    for (target, way) in found {
      installed[target] = way
      try remove(target)
    }
    return found.count
  }

  /// `struct rtmsg` for one address, or for all that the kernel has of us, in any table.
  private static func header(length: UInt8) -> [UInt8] {
    [
      UInt8(AF_INET6), length, 0, 0, UInt8(RT_TABLE_UNSPEC.rawValue), protocolNumber,
      length == 0 ? 0 : UInt8(RT_SCOPE_UNIVERSE.rawValue),
      length == 0 ? 0 : UInt8(RTN_UNICAST), 0, 0, 0, 0,
    ]
  }

  private func request(
    _ type: Int, flags: Int, _ target: IPv6Address, _ way: Way,
    _ operation: @autoclosure () -> String
  ) throws(SystemError) {
    var payload = Self.header(length: 128)
    payload.append(attribute: UInt16(RTA_DST.rawValue), target.bits.bigEndian)
    payload.append(attribute: UInt16(RTA_OIF.rawValue), way.interface)
    payload.append(attribute: UInt16(RTA_TABLE.rawValue), way.table)
    if let gateway = way.gateway {
      payload.append(attribute: UInt16(RTA_GATEWAY.rawValue), gateway.bits.bigEndian)
    }
    let refusal = try socket.ask(type, flags: flags | Int(NLM_F_ACK), payload: payload) { _, _ in }
    if let refusal { throw SystemError(operation(), refusal) }
  }
}
