/// A few frames and what happens between them, written as octets that libFuzzer can bend.
///
/// Each step is a control octet, a length, and so many octets of a frame (255: all the rest).
///
///      bit 0–2  where the frame comes in
///      bit 3    set payload length and checksum right first
///      bit 4–5  wait 0, 0.01, 1 or 7 s afterwards
///      bit 6    first send what the last question waits for
///      bit 7    afterwards some route changed
package enum FrameScript {
  /// Plays it, and returns what was violated, if anything was.
  package static func play(_ octets: [UInt8]) -> String? {
    var trial = FrameTrial()
    var rest = octets[...]
    while let control = rest.popFirst(), let length = rest.popFirst() {
      let count = length == 255 ? rest.count : min(Int(length), rest.count)
      var frame = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      let place = FrameTrial.places[Int(control & 7) % FrameTrial.places.count]
      if control & 0x40 != 0, let reply = trial.replies.last {
        trial.feed(reply, on: FrameTrial.south)
        trial.feed(reply, on: FrameTrial.east)
      }
      if control & 8 != 0 { frame.mend() }
      trial.feed(frame, on: place)
      if control & 0x80 != 0 { trial.changeRoutes() }
      trial.wait(milliseconds: [0, 10, 1000, 7000][Int(control >> 4 & 3)])
      if let violation = trial.violation { return violation }
    }
    return nil
  }
}
