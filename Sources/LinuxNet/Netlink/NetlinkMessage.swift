import CLinux
import NDPWire

/// One message as it came from the kernel: a header and what follows.
package struct NetlinkMessage {
  /// What follows.
  package let type: UInt16
  let flags: UInt16
  let sequence: UInt32
  /// The socket of the requester whose answer it is, or who caused the change; 0 is the kernel.
  let port: UInt32

  static let headerLength = 16

  /// Walks over the messages of one datagram; stops at the first that is cut off.
  static func forEach(in datagram: RawSpan, _ body: (NetlinkMessage, RawSpan) -> Void) {
    var rest = datagram
    while rest.byteCount >= headerLength {
      let length = Int(rest.native(at: 0, as: UInt32.self))
      guard headerLength...rest.byteCount ~= length else { return }
      let message = NetlinkMessage(
        type: rest.native(at: 4), flags: rest.native(at: 6), sequence: rest.native(at: 8),
        port: rest.native(at: 12))
      body(message, rest.extracting(headerLength..<length))
      rest = rest.extracting(droppingFirst: min(aligned(length), rest.byteCount))
    }
  }

  /// The error number of an NLMSG_ERROR; 0 is an acknowledgement.
  static func error(in payload: RawSpan) -> Int32 {
    payload.byteCount >= 4 ? -payload.native(at: 0, as: Int32.self) : Int32(EBADMSG)
  }
}
