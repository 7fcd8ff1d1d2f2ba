package import NDPWire

/// A proxy that rows are tried on: frames go in, frames come out, time passes.
package protocol Subject: Sendable {
  /// Which it is.
  var kind: SubjectKind { get }

  /// Sends a frame to the proxy on one of its links.
  func send(_ octets: [UInt8], on side: Side) async throws

  /// Lets time pass.
  func wait(_ duration: Duration) async throws

  /// The time since some moment, which does not go back.
  var now: Duration { get async }

  /// What the proxy's host has sent that has one of these addresses as its source, destination or
  /// target, in order.
  func emitted(about addresses: Set<IPv6Address>) async throws -> [EmittedFrame]

  /// Whether a frame has arrived at the proxy's interface.
  func hasArrived(_ octets: [UInt8], on side: Side) async throws -> Bool

  /// What the proxy has said in its log, if it has one.
  var log: [String] { get async }
}

/// What a row can be tried on.
package enum SubjectKind: String, Sendable {
  /// Decoder, engine and encoder, without a kernel; time is simulated.
  case octets
  /// Our daemon in a namespace.
  case ndpproxy
  /// ndppd 0.2.5 in the same namespace.
  case ndppd
  /// No daemon, but a kernel to which the targets belong.
  case kernel
}
