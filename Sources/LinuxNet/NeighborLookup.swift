import CLinux
import Glibc
package import NDPWire
import SystemPackage

/// What the kernel's neighbour cache has of one address on one interface (RTM_GETNEIGH).
package struct NeighborEntry: Equatable, Sendable {
  /// Where frames go; `nil` where that is not known.
  package let linkLayerAddress: MACAddress?
  /// As `ip neighbour` shows it: `REACHABLE`, `STALE`, `FAILED`, ….
  package let state: String
}

/// Asks the kernel for single entries of its neighbour cache, by address and interface.
///
/// Nothing is read but what is asked for, however many entries there are. Kernels before 5.0
/// answer that there is none.
package final class NeighborLookup {
  private let socket: NetlinkSocket

  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
  }

  /// How long the kernel may take; it answers before `send` returns.
  private static let patience: CInt = 1_000

  /// The entry for `address`, if there is one; two system calls.
  package func entry(
    for address: IPv6Address, on interface: Int32
  ) throws(SystemError) -> NeighborEntry? {
    var entry: NeighborEntry?
    try look(for: address, on: interface, flags: 0) { entry = NeighborEntry($0) }
    return entry
  }

  /// Whether the kernel itself answers for `address` (`ip neighbour add proxy`); two system calls.
  package func isProxied(_ address: IPv6Address, on interface: Int32) throws(SystemError) -> Bool {
    var isProxied = false
    try look(for: address, on: interface, flags: UInt8(NTF_PROXY)) { _ in isProxied = true }
    return isProxied
  }

  private func look(
    for address: IPv6Address, on interface: Int32, flags: UInt8, _ body: (RawSpan) -> Void
  ) throws(SystemError) {
    // `struct ndmsg` with one `NDA_DST`.
    var payload: [UInt8] = [UInt8(AF_INET6), 0, 0, 0]
    payload.append(native: interface)
    payload += [0, 0, flags, 0]
    payload.append(native: UInt16(4 + 16))
    payload.append(native: UInt16(NDA_DST))
    payload.append(native: address.bits.bigEndian)
    let sequence = try socket.send(type: RTM_GETNEIGH, flags: 0, payload: payload)
    var isAnswered = false
    while !isAnswered {
      try socket.waitUntilReadable(milliseconds: Self.patience)
      _ = try socket.receive { message, payload in
        guard message.sequence == sequence else { return }
        isAnswered = true
        if Int(message.type) == RTM_NEWNEIGH { body(payload) }
      }
    }
  }
}
