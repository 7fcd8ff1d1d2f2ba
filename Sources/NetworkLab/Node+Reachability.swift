package import NDPWire

/// What `ping` found out.
package struct PingReport: Sendable {
  /// Replies that came back.
  package let received: Int

  /// Its output, line by line, without blank ones.
  package let lines: [String]

  /// `3 packets transmitted, 3 received, 0% packet loss, time 2003ms`.
  package var summary: String { lines.first { $0.contains(" packets transmitted") } ?? "" }
}

/// A node's entry for a neighbor, as `ip neigh` prints it.
package struct NeighborEntry: Sendable, CustomStringConvertible {
  /// The whole line.
  package let description: String

  /// The state of RFC 4861 §5.1 or Linux's own: `INCOMPLETE`, `REACHABLE`, `FAILED`.
  package var state: String { description.split(separator: " ").last.map(String.init) ?? "" }

  /// Where frames to it go, if that is known.
  package var linkLayerAddress: MACAddress? {
    let words = description.split(separator: " ")
    guard let label = words.firstIndex(of: "lladdr"), label + 1 < words.endIndex else { return nil }
    return MACAddress(String(words[label + 1]))
  }
}

extension Node {
  /// Pings `address` `count` times, 200 ms apart, and waits at most `patience` for the last reply.
  ///
  /// No reply is a report, not an error; throws `CommandFailure` if ping cannot even try.
  package func ping(
    _ address: IPv6Address, count: Int = 1, within patience: Duration = .seconds(1)
  ) async throws -> PingReport {
    let command = [
      "ping", "-6", "-n", "-c", "\(count)", "-i", "0.2", "-W", "\(patience / .seconds(1))",
      "\(address)",
    ]
    let result = try await result(of: command)
    guard result.status == .exited(0) || result.status == .exited(1) else {
      throw CommandFailure(
        node: name, command: command, status: result.status, complaint: result.standardError)
    }
    let lines = result.standardOutput.split(separator: "\n").map(String.init)
    return PingReport(received: lines.count { $0.contains(" bytes from ") }, lines: lines)
  }

  /// The entry for `address`; `nil` if there is none.
  package func neighbor(_ address: IPv6Address) async throws -> NeighborEntry? {
    let output = try await run("ip", "-6", "neighbor", "show", "to", "\(address)")
    guard let line = output.split(separator: "\n").first else { return nil }
    // iproute2 ends the line with a blank.
    return NeighborEntry(description: line.split(separator: " ").joined(separator: " "))
  }
}
