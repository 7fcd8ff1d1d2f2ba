import Glibc

/// Frames of real systems, each in the situation in which it was sent: a table in Tests/Recordings.
///
/// `scripts/record-frames` makes it; its lines are `situation | direction | octets`.
package struct Recording: Sendable {
  /// What happened in each situation, in order.
  package let situations: [String: [Event]]

  /// A frame, or that none came.
  package enum Event: Equatable, Sendable {
    /// The station received it.
    case received([UInt8])
    /// The station sent it.
    case sent([UInt8])
    /// The station sent nothing.
    case silence
  }

  /// What Linux was heard to send.
  package static let linux = Recording(file: "linux")
  /// What FreeBSD, OpenBSD, NetBSD, macOS and Junos send by their published sources.
  package static let kame = Recording(file: "derived-kame")
  /// What RFC 4861 lets systems send that always name their link-layer address.
  package static let explicit = Recording(file: "derived-explicit")

  /// Reads a table; traps where a line of it is none, because the table is ours.
  package init(text: String) {
    var situations: [String: [Event]] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let cells = line.split(separator: "|").map { $0.filter { $0 != " " } }
      precondition(cells.count == 3, "not a line of a recording: \(line)")
      situations[cells[0], default: []].append(Event(direction: cells[1], octets: cells[2]))
    }
    self.situations = situations
  }

  private init(file name: String) {
    self.init(text: Self.read("\(Self.root)/Tests/Recordings/\(name).txt"))
  }

  /// The events of a situation; traps where there is none of that name.
  package subscript(situation: String) -> [Event] {
    guard let events = situations[situation] else {
      preconditionFailure("no situation is called \(situation)")
    }
    return events
  }

  /// The frames that the station sent in a situation.
  package func sent(in situation: String) -> [[UInt8]] {
    self[situation].compactMap { if case .sent(let octets) = $0 { octets } else { nil } }
  }

  /// The frames that the station received in a situation.
  package func received(in situation: String) -> [[UInt8]] {
    self[situation].compactMap { if case .received(let octets) = $0 { octets } else { nil } }
  }

  /// Where the package is, found from where this file was compiled.
  package static let root: String = {
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  }()

  private static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { preconditionFailure("cannot read \(path)") }
    defer { fclose(file) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      octets += chunk[..<count]
    }
    return String(decoding: octets, as: UTF8.self)
  }
}

extension Recording.Event {
  fileprivate init(direction: String, octets text: String) {
    switch (direction, text) {
    case ("out", "-"): self = .silence
    case ("out", _): self = .sent(octets(text))
    case ("in", _): self = .received(octets(text))
    default: preconditionFailure("not a direction: \(direction)")
    }
  }
}
