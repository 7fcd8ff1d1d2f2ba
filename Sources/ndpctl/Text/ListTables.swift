import Console
import ControlProtocol

/// Rules, one a line.
struct RuleTable {
  let rules: [RuleReport]

  private static let header = ["PREFIX", "METHOD", "SOLICITED", "ANSWERED", "IN KERNEL"]

  private static func row(of rule: RuleReport) -> [String] {
    let text = rule.isDisabled == true ? "disabled: \(rule.text)" : rule.text
    return [
      "\(rule.prefix)", text, short(rule.questions), short(rule.answers),
      rule.answersInKernel.map(short) ?? "-",
    ]
  }

  /// Those of one proxy interface.
  func lines(indent: Int) -> [String] {
    Table(
      header: Self.header, rows: rules.map(Self.row), rightAligned: [2, 3, 4], flexible: 1
    ).lines(indent: indent)
  }

  /// All, below the names of their proxy interfaces.
  var linesByProxy: [String] {
    var proxies: [String] = []
    var byProxy: [String: [RuleReport]] = [:]
    for rule in rules {
      if byProxy[rule.proxy] == nil { proxies.append(rule.proxy) }
      byProxy[rule.proxy, default: []].append(rule)
    }
    return proxies.flatMap { [$0] + RuleTable(rules: byProxy[$0] ?? []).lines(indent: 2) }
  }

  /// Proxy, prefix, methods, solicitations, answers, `enabled` or `disabled`, description, answers
  /// in the kernel.
  var tabSeparated: Table {
    Table(
      rows: rules.map { rule in
        [
          rule.proxy, "\(rule.prefix)", rule.methods.joined(separator: ","), "\(rule.questions)",
          "\(rule.answers)", rule.isDisabled == true ? "disabled" : "enabled",
          rule.description ?? "", rule.answersInKernel.map { "\($0)" } ?? "",
        ]
      }
    )
  }
}

/// Sessions, one a line.
struct SessionTable {
  let sessions: [SessionReport]

  var lines: [String] {
    let rows = sessions.map { session in
      [
        "\(session.target)", session.state,
        session.interfaces.isEmpty ? "-" : session.interfaces.joined(separator: " "),
        session.linkLayerAddress.map { "\($0)" } ?? "-",
        session.sinceAskedMilliseconds.map(duration) ?? "-",
        duration(session.remainingMilliseconds),
      ]
    }
    return Table(
      header: ["TARGET", "STATE", "INTERFACE", "LLADDR", "LAST NS", "EXPIRES"], rows: rows,
      rightAligned: [4, 5], flexible: 2
    ).lines()
  }

  /// How many there are, and in which states.
  var total: String {
    var counts: [(state: String, count: Int)] = []
    for session in sessions {
      if let place = counts.firstIndex(where: { $0.state == session.state }) {
        counts[place].count += 1
      } else {
        counts.append((session.state, 1))
      }
    }
    let parts = counts.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
    return counted(sessions.count, "target") + (parts.isEmpty ? "" : ": \(parts)")
  }

  /// Target, state, proxy, interfaces, link-layer address, milliseconds since the last
  /// solicitation, milliseconds until the state ends, answers.
  var tabSeparated: Table {
    Table(
      rows: sessions.map { session in
        [
          "\(session.target)", session.state, session.proxy,
          session.interfaces.joined(separator: ","),
          session.linkLayerAddress.map { "\($0)" } ?? "",
          session.sinceAskedMilliseconds.map { "\($0)" } ?? "",
          "\(session.remainingMilliseconds)", "\(session.answers)",
        ]
      }
    )
  }
}

/// Counters by name, a column for each interface and one for all.
struct CounterTable {
  let report: CounterReport
  let showsZeros: Bool
  var showsTotal = true

  /// How many interfaces have a column on a terminal; the others are in the total.
  private static let columns = 4

  var lines: [String] {
    let shown = report.interfaces.prefix(Page.width == nil ? .max : Self.columns)
    let total = showsTotal ? [report.total] : []
    let sets = shown.map(\.counters) + total
    guard !sets.isEmpty else { return ["nothing was received or sent there"] }
    let rows = (rows(of: sets) + general(besides: shown.count)).filter { row in
      showsZeros || row.counts.contains { $0 ?? 0 > 0 }
    }
    let cells = rows.map { row in [row.label] + row.counts.map { $0.map(short) ?? "" } }
    return Table(
      header: [""] + shown.map(\.name) + (showsTotal ? ["total"] : []), rows: cells,
      rightAligned: Set(1...sets.count)
    ).lines()
  }

  /// Interface or `total`, name, value.
  var tabSeparated: Table {
    var lines: [[String]] = []
    let sets =
      report.interfaces.map { ($0.name, $0.counters) }
      + (showsTotal ? [("total", report.total)] : [])
    for (name, set) in sets {
      let rows = rows(of: [set]) + (name == "total" ? general(besides: 0) : [])
      for row in rows where showsZeros || row.counts.contains(where: { $0 ?? 0 > 0 }) {
        lines.append([name, row.name, "\(row.counts.compactMap(\.self).first ?? 0)"])
      }
    }
    return Table(rows: lines)
  }

  /// A counter: its name in JSON, its name for people, and its values.
  private typealias Row = (name: String, label: String, counts: [UInt64?])

  /// What belongs to no interface.
  private func general(besides columns: Int) -> [Row] {
    guard showsTotal else { return [] }
    let values: [(String, String, UInt64)] = [
      ("sessionsEvicted", "sessions evicted", report.sessionsEvicted),
      ("askersEvicted", "waiting solicitations evicted", report.askersEvicted),
      ("unsent", "frames not sent", report.unsent),
      ("overrun", "frames lost before receipt", report.overrun),
    ]
    return values.map {
      ($0.0, $0.1, [UInt64?](repeating: nil, count: columns) + [$0.2])
    }
  }

  private func rows(of sets: [CounterSet]) -> [Row] {
    var rows: [Row] = [
      (
        "solicitationsReceived", "solicitations received", sets.map(\.solicitationsReceived)
      ),
      (
        "advertisementsReceived", "advertisements received", sets.map(\.advertisementsReceived)
      ),
      ("answered", "advertisements sent", sets.map(\.answered)),
      ("asked", "solicitations sent", sets.map(\.asked)),
    ]
    for entry in report.total.ignored.entries {
      rows.append(
        (
          "ignored.\(entry.name)", "ignored: \(words(entry.name))",
          sets.map { $0.ignored[entry.name] }
        ))
    }
    for entry in report.total.malformed.entries {
      rows.append(
        (
          "malformed.\(entry.name)", "malformed: \(words(entry.name))",
          sets.map { $0.malformed[entry.name] }
        ))
    }
    return rows
  }
}

/// The words of an identifier: `hopLimit` is `hop limit`, `notICMPv6` is `not ICMPv6`.
func words(_ identifier: String) -> String {
  var text = ""
  let characters = Array(identifier)
  for (place, character) in characters.enumerated() {
    let isUpper = character.isUppercase
    let followsLower = place > 0 && characters[place - 1].isLowercase
    let precedesLower = place + 1 < characters.count && characters[place + 1].isLowercase
    if isUpper, followsLower { text += " " }
    text += isUpper && followsLower && precedesLower ? character.lowercased() : String(character)
  }
  return text
}
