import CLinux

extension NetlinkSocket {
  /// Sends a request and hands over each message of the answer; returns the error it ends with.
  ///
  /// `nil` is success. Notifications that arrive meanwhile are handed over, too, whoever caused
  /// them; what belongs to an earlier request of this socket is not. Throws where the kernel cannot
  /// be asked, `ENOBUFS` where notifications were lost, and `ETIMEDOUT` if no datagram comes within
  /// `patience` milliseconds.
  func ask(
    _ type: Int, flags: Int = 0, payload: [UInt8], patience: CInt = NetlinkSocket.answerTime,
    _ body: (NetlinkMessage, RawSpan) -> Void
  ) throws(SystemError) -> ErrorNumber? {
    let sequence = try send(type: type, flags: flags, payload: payload)
    // An answer without an end of its own is one message.
    let hasEnd = flags & Int(NLM_F_ACK) != 0 || flags & Int(NLM_F_DUMP) == Int(NLM_F_DUMP)
    var result: Int32?
    while result == nil {
      let isRead = try receive { message, payload in
        // A notification can have the sequence number of somebody else's request.
        let isAnswer = message.port == port
        guard !isAnswer || message.sequence == sequence else { return }
        body(message, payload)
        guard isAnswer, result == nil else { return }
        result = message.result(payload) ?? (hasEnd ? nil : 0)
      }
      // Mostly the kernel has answered before `send` returned.
      if !isRead { try waitUntilReadable(milliseconds: patience) }
    }
    return result == 0 ? nil : result.map { ErrorNumber(rawValue: $0) }
  }

  /// How long the kernel may take for an answer, in milliseconds; it takes microseconds.
  static let answerTime: CInt = 1_000

  /// How long it may take for the next part of a table, in milliseconds; it may have to search.
  static let tableTime: CInt = 5_000
}

extension NetlinkMessage {
  /// The error number that ends an answer, 0 for success; `nil` where this is not the end.
  fileprivate func result(_ payload: RawSpan) -> Int32? {
    switch Int32(type) {
    case NLMSG_ERROR: Self.error(in: payload)
    case NLMSG_DONE: payload.byteCount < 4 ? 0 : Self.error(in: payload)
    default: nil
    }
  }

  /// Whether the kernel says in words why it refuses a request.
  ///
  /// It does where the request itself is wrong, not where a routing table says no.
  var isExplained: Bool {
    Int32(type) == NLMSG_ERROR && flags & UInt16(NLM_F_ACK_TLVS) != 0
  }
}
