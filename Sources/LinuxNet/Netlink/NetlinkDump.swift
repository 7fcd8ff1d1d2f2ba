import CLinux

extension NetlinkSocket {
  /// Reads a whole table (`NLM_F_DUMP`) and hands over each message of it.
  ///
  /// What the socket is told of meanwhile comes in between. Throws what the kernel refuses, and
  /// `ENOBUFS` where the table changed while it was read: then the call is to be made again.
  func dump(
    _ type: Int, payload: [UInt8], _ operation: String,
    _ body: (NetlinkMessage, RawSpan) -> Void
  ) throws(SystemError) {
    var wasInterrupted = false
    let refusal = try ask(
      type, flags: Int(NLM_F_DUMP), payload: payload, patience: Self.tableTime
    ) { message, payload in
      let isInterrupted = message.flags & UInt16(NLM_F_DUMP_INTR) != 0
      wasInterrupted = wasInterrupted || isInterrupted && message.port == port
      body(message, payload)
    }
    if let refusal { throw SystemError(operation, refusal) }
    // The table changed while it was read, so what came may be inconsistent (NLM_F_DUMP_INTR).
    if wasInterrupted { throw SystemError(operation, .noBufferSpace) }
  }

  /// The entries of a table that changes seldom, read again where it changes meanwhile.
  package static func table<Entry>(
    _ type: Int, payload: [UInt8], family: CInt = CInt(NETLINK_ROUTE), _ operation: String,
    _ entries: (NetlinkMessage, RawSpan) -> [Entry]
  ) throws(SystemError) -> [Entry] {
    var attempts = 0
    while true {
      let socket = try NetlinkSocket(groups: 0, family: family)
      var read: [Entry] = []
      do {
        try socket.dump(type, payload: payload, operation) { read += entries($0, $1) }
        return read
      } catch {
        attempts += 1
        guard error.isOverrun, attempts < attemptLimit else { throw error }
      }
    }
  }

  /// How often a table is read in a row while it changes.
  private static let attemptLimit = 10
}
