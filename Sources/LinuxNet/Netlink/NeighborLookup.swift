import CLinux
package import NDPWire

/// Asks the kernel for single entries of its neighbor cache, by address and interface.
///
/// Nothing is read but what is asked for, however many entries there are. Kernels before 5.0
/// answer that there is none.
package final class NeighborLookup {
  private let socket: NetlinkSocket

  /// Throws `SystemError`.
  package init() throws(SystemError) {
    socket = try NetlinkSocket(groups: 0)
  }

  /// The entry for `address`, if there is one; two system calls.
  package func entry(
    for address: IPv6Address, on interface: Int32
  ) throws(SystemError) -> NeighborEntry? {
    var entry: NeighborEntry?
    try look(for: address, on: interface, flags: 0) { entry = NeighborMessage($0)?.entry }
    return entry
  }

  /// Whether the kernel itself answers for `address` (`ip neighbor add proxy`); two system calls.
  package func isProxied(_ address: IPv6Address, on interface: Int32) throws(SystemError) -> Bool {
    var isProxied = false
    try look(for: address, on: interface, flags: UInt8(NTF_PROXY)) { _ in isProxied = true }
    return isProxied
  }

  private func look(
    for address: IPv6Address, on interface: Int32, flags: UInt8, _ body: (RawSpan) -> Void
  ) throws(SystemError) {
    let payload = NeighborMessage.request(for: address, on: interface, flags: flags)
    let refusal = try socket.ask(RTM_GETNEIGH, payload: payload) { message, payload in
      if Int(message.type) == RTM_NEWNEIGH { body(payload) }
    }
    // No entry, no interface, or a kernel that cannot be asked so.
    let absences: [ErrorNumber] = [
      .noSuchFileOrDirectory, .init(rawValue: ENODEV), .notSupported,
    ]
    if let refusal, !absences.contains(refusal) {
      throw SystemError("look up the neighbor \(address)", refusal)
    }
  }
}
