package import JSONText
package import NDPWire

/// One message as it came or went, and what became of it.
package struct WatchedMessage: ReplyPart, Equatable, Sendable {
  /// The daemon's clock, in nanoseconds since some point before the host's start.
  package var nanoseconds: UInt64 = 0
  /// The same moment by the host's clock, in microseconds since 1970.
  package var timeMicroseconds: UInt64?
  /// Where it came or went.
  package var interface = ""
  /// Whether we sent it.
  package var isSent = false
  /// `solicitation`, `advertisement` or `malformed`.
  package var kind = Kind.malformed
  /// The message's IPv6 source.
  package var source: IPv6Address?
  /// Its IPv6 destination.
  package var destination: IPv6Address?
  /// What it is about.
  package var target: IPv6Address?
  /// The source link-layer address of a solicitation, the target link-layer address of an
  /// advertisement.
  package var linkLayerAddress: MACAddress?
  /// `R`, `S` and `O` of an advertisement, those that are set.
  package var flags: String?
  /// What we did: `answered`, `asked`, `waiting`, `confirmed`, or why nothing, in one word.
  package var decision = ""
  /// The same in words.
  package var reason = ""
  /// From the question to the answer sent, in nanoseconds.
  package var latencyNanoseconds: UInt64?
  /// The frame's octets in hexadecimal digits, 256 of them at most, where they were asked for.
  package var frame: String?
  /// How many octets the frame has.
  package var frameLength: Int?

  /// Starts with nothing.
  package init() {}

  /// What kind of message it is.
  package enum Kind: String, ReplyPart, Sendable {
    case solicitation
    case advertisement
    case malformed
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("nanoseconds", nanoseconds)
      $0.member("timeMicroseconds", timeMicroseconds)
      $0.member("interface", interface)
      $0.member("isSent", isSent)
      $0.member("kind", kind)
      $0.member("source", source)
      $0.member("destination", destination)
      $0.member("target", target)
      $0.member("linkLayerAddress", linkLayerAddress)
      $0.member("flags", flags)
      $0.member("decision", decision)
      $0.member("reason", reason)
      $0.member("latencyNanoseconds", latencyNanoseconds)
      $0.member("frame", frame)
      $0.member("frameLength", frameLength)
    }
  }
}
