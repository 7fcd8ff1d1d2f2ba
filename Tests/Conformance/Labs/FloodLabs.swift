import NDPWire
import NetworkLab

extension Row {
  /// M: floods on a running daemon, for a short time.
  static let floodLabs: [Row] = [
    Row(
      "M08", "a flood of malformed frames does not flood the log", "recommended", .recommended,
      .lab("M08", .alone) { lab in
        let target = lab.trial.target()
        try await lab.requireAnswer(target, "at first")
        let before = lab.process.lines.count
        let socket = try lab.lab.peer.namespace.run { try RawSocket(interface: "up0") }
        var malformed = Stimulus(from: lab.trial.station(), for: target)
        malformed.checksum = malformed.rightChecksum ^ 1
        let octets = malformed.octets
        let start = wallClock()
        for _ in 0..<50_000 { try socket.send(octets) }
        try await lab.requireAnswer(lab.trial.target(1), "after the flood")
        let seconds = Int((wallClock() - start) / .seconds(1)) + 1
        let lines = lab.process.lines.count - before
        try require(lines <= 2 * seconds, "\(lines) lines in \(seconds) s")
      })
  ]
}
