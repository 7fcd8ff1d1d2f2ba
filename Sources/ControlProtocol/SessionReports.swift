package import JSONText
package import NDPWire

/// What is known of one target, on one proxy interface.
package struct SessionReport: ReplyPart, Equatable, Sendable {
  /// The proxy interface.
  package var proxy = ""
  /// The address.
  package var target = IPv6Address.unspecified
  /// `incomplete`, `reachable`, `probing`, `stale` or `failed`.
  package var state = ""
  /// Where it is asked for, or where it is.
  package var interfaces: [String] = []
  /// Where frames to it go; not there until it answered, nor where a route is the proof.
  package var linkLayerAddress: MACAddress?
  /// Whether a proxy vouches for it, and not the target itself.
  package var isSecondHand = false
  /// How many wait for an answer.
  package var waiting = 0
  /// Questions sent in this state.
  package var sent = 0
  /// Answers given.
  package var answers: UInt32 = 0
  /// How long it is known, in milliseconds.
  package var ageMilliseconds: UInt64 = 0
  /// How long ago somebody asked for it.
  package var sinceAskedMilliseconds: UInt64?
  /// How long ago it last answered itself.
  package var sinceConfirmedMilliseconds: UInt64?
  /// When the state's time is up, in milliseconds from now.
  package var remainingMilliseconds: UInt64 = 0

  /// Starts with nothing.
  package init() {}

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("proxy", proxy)
      $0.member("target", target)
      $0.member("state", state)
      $0.member("interfaces", interfaces)
      $0.member("linkLayerAddress", linkLayerAddress)
      $0.member("isSecondHand", isSecondHand)
      $0.member("waiting", waiting)
      $0.member("sent", sent)
      $0.member("answers", answers)
      $0.member("ageMilliseconds", ageMilliseconds)
      $0.member("sinceAskedMilliseconds", sinceAskedMilliseconds)
      $0.member("sinceConfirmedMilliseconds", sinceConfirmedMilliseconds)
      $0.member("remainingMilliseconds", remainingMilliseconds)
    }
  }
}

/// Some of the sessions.
package struct SessionPage: ReplyPart, Equatable, Sendable {
  /// Them, in no order; one that begins meanwhile may be missed.
  package let sessions: [SessionReport]
  /// Where to go on; `nil` at the end.
  package let next: Int?

  package init(sessions: [SessionReport], next: Int?) {
    self.sessions = sessions
    self.next = next
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("sessions", sessions)
      $0.member("next", next)
    }
  }
}
