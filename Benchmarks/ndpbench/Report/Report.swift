import LinuxNet
import LinuxSurvey
import NetworkLab
import SystemPackage

/// Everything that one session has measured.
struct Report {
  /// The command line with every default spelt out.
  let command: String
  let machine: String
  private(set) var figures: [Figure] = []
  /// What could not be measured, and why: each makes the session fail.
  private(set) var failures: [String] = []
  private(set) var plots: [(name: String, plot: Plot)] = []

  /// Begins a session: says where and how.
  init(command: String) throws {
    self.command = command
    machine = try Machine.summary
    print("machine: \(machine)")
    print("command: \(command), \(Machine.build) build")
  }

  /// Takes down what one run gave, or several.
  mutating func add(_ figure: Figure) {
    if let known = figures.firstIndex(where: { $0.isSame(as: figure) }) {
      for sample in figure.samples { figures[known].add(sample) }
    } else {
      figures.append(figure)
    }
  }

  mutating func add(_ plot: Plot, name: String) { plots.append((name, plot)) }

  /// Takes down that something could not be measured.
  mutating func fail(_ what: String, _ error: any Error) {
    let failure = "\(what): \("\(error)".prefix(600))"
    failures.append(failure)
    StandardStream.error.write("NO FIGURE  \(failure)\n")
  }

  /// The figures of one topic and quantity.
  func figures(_ topic: String, _ quantity: String) -> [Figure] {
    figures.filter { $0.topic == topic && $0.quantity == quantity }
  }

  /// The median of one figure; `nil` where there is none.
  func median(
    _ topic: String, _ quantity: String, at position: Double? = nil, of responder: Responder
  ) -> Double? {
    figures(topic, quantity).first {
      $0.subject == responder.title && (position == nil || $0.position == position)
    }?.median
  }

  /// Prints a topic's figures: what and under which circumstances down, of whom across.
  func printTable(_ topic: String) {
    let figures = figures.filter { $0.topic == topic }
    guard !figures.isEmpty else { return }
    var subjects: [String] = []
    var rows: [(quantity: String, condition: String, unit: String)] = []
    for figure in figures {
      if !subjects.contains(figure.subject) { subjects.append(figure.subject) }
      let row = (figure.quantity, figure.condition, figure.unit)
      if !rows.contains(where: { $0 == row }) { rows.append(row) }
    }
    let cells = rows.map { row in
      [row.quantity, row.condition, row.unit]
        + subjects.map { subject in
          figures.first {
            ($0.quantity, $0.condition, $0.unit) == row && $0.subject == subject
          }?.text ?? "-"
        }
    }
    print("\n\(topic): medians (lowest-highest)\n")
    for line in aligned([["", "", "unit"] + subjects] + cells) { print(line) }
  }
}

// MARK: - Files

extension Report {
  /// Writes `NAME.json` and the plots into a directory, which is made if it is missing.
  func write(to directory: String, name: String, verdicts: [Verdict]) throws {
    try Directory.make(directory)
    try write("\(json(verdicts))\n", to: "\(directory)/\(name).json")
    for (name, plot) in plots {
      try write(plot.svg(footnote: "\(machine). \(command)"), to: "\(directory)/\(name).svg")
    }
    print("\nwritten to \(directory): \(name).json", terminator: "")
    print(plots.map { ", \($0.name).svg" }.joined())
  }

  private func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  private func json(_ verdicts: [Verdict]) -> JSON {
    .object([
      ("machine", .text(machine)), ("command", .text(command)), ("build", .text(Machine.build)),
      ("figures", .array(figures.map(\.json))), ("targets", .array(verdicts.map(\.json))),
      ("failures", .array(failures.map { .text($0) })),
    ])
  }
}

extension Figure {
  fileprivate var json: JSON {
    .object([
      ("topic", .text(topic)), ("quantity", .text(quantity)), ("condition", .text(condition)),
      ("position", position.map { .number($0) } ?? .null), ("subject", .text(subject)),
      ("unit", .text(unit)), ("median", .number(median)), ("lowest", .number(lowest)),
      ("highest", .number(highest)), ("samples", .array(samples.map { .number($0) })),
    ])
  }
}

extension Verdict {
  fileprivate var json: JSON {
    .object([
      ("target", .text(target)), ("figure", figure.map { .text($0) } ?? .null),
      ("met", isMet.map { .flag($0) } ?? .null),
    ])
  }
}
