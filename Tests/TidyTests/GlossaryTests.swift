import Testing

/// The terms that users read: one for each thing, and the one that RFC 4861 and other tools use.
///
/// What is tried are the manual pages, the documents, the example file, completions, and the texts
/// in string literals of all modules and test tables whose texts people see.
private let glossary: [(term: String, not: [String])] = [
  ("solicitation", ["question", "questions"]),
  ("solicit, or send a solicitation for", ["asked for", "asks for", "ask for"]),
  ("the source, or the sender, of a solicitation", ["asker", "askers"]),
  ("neighbor", ["neighbour", "neighbours", "Neighbour"]),
  ("host", ["station", "stations"]),
  ("byte", ["octet", "octets"]),
  ("color", ["colour", "colours"]),
  ("session is deleted", ["forgot", "forgotten"]),
  ("reach a limit", ["in the way"]),
  ("problem", ["stands in the way", "stand in the way"]),
  ("how it is handled", ["becomes of", "became of"]),
  ("fix", ["mend", "mends", "mended"]),
  ("receive", ["hear", "hears", "heard"]),
  ("solicit, query, request", ["asks", "asked", "asking"]),
  ("no host, no process", ["nobody answers", "nobody asks", "nobody has", "nobody there"]),
  ("a host, a process", ["somebody", "anybody", "everybody"]),
  ("an unknown target", ["stranger", "strangers"]),
  ("report, log", ["told"]),
  ("no answer", ["silence", "silent"]),
  ("read, check", ["look at", "looks at", "looked at"]),
  ("again", ["anew"]),
  ("packets for", ["what arrives", "whatever arrives"]),
  ("lost", ["vanish", "vanishes"]),
  ("a DAD solicitation", ["searches"]),
  ("behavior, defense, honored", ["behaviour", "defence", "honoured"]),
  ("reload, load", ["take up", "takes up", "taken up", "took up"]),
  ("require root", ["is for root", "are for root"]),
  ("treat as", ["take warnings for"]),
  ("unicast", ["by name"]),
  ("use", ["goes by", "go by"]),
  ("forever", ["for ever"]),
  ("recently", ["of late"]),
]

/// Texts that people see.
private struct UserText: CustomTestStringConvertible, Sendable {
  let path: String
  /// The number of the line and what people see of it.
  let lines: [(number: Int, text: String)]

  var testDescription: String { path }

  init(page file: SourceTree.File) {
    path = file.path
    let isDocument = file.path.hasSuffix(".md")
    lines = file.lines.enumerated().filter { !$0.element.hasPrefix(".Xr ip-neighbour") }.map {
      ($0.offset + 1, isDocument ? $0.element.withoutCode : String($0.element))
    }
  }

  /// Those of string literals; a line of a literal over several lines counts as a whole.
  init(source file: SourceTree.File) {
    path = file.path
    var isInLiteral = false
    var found: [(Int, String)] = []
    for (place, line) in file.lines.enumerated() {
      let text = String(line)
      let delimiters = text.ranges(of: "\"\"\"").count
      if isInLiteral, delimiters == 0 {
        found.append((place + 1, text.withoutInterpolations))
      } else if delimiters == 0, !text.drop(while: { $0 == " " }).hasPrefix("//") {
        // One word may be a name or a key.
        found += text.literals.filter { $0.contains(" ") }.map { (place + 1, $0) }
      }
      if delimiters % 2 == 1 { isInLiteral.toggle() }
    }
    lines = found
  }

  /// What is no agreed term.
  var violations: [String] {
    lines.flatMap { number, text in
      let words = text.split { !$0.isLetter && $0 != "_" && $0 != "-" }
      return words.indices.flatMap { place in
        phrases[words[place], default: []].filter { phrase in
          words[place...].starts(with: phrase.words)
        }.map { "\(path):\(number): '\($0.words.joined(separator: " "))': say '\($0.term)'" }
      }
    }
  }
}

/// What is not to be said, by its first word.
private let phrases: [Substring: [(words: [Substring], term: String)]] = Dictionary(
  grouping: glossary.flatMap { entry in
    entry.not.map { (words: $0.split(separator: " "), term: entry.term) }
  }, by: { $0.words[0] })

extension Substring {
  /// Without what stands between backticks.
  fileprivate var withoutCode: String {
    split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined(separator: " . ")
  }
}

extension String {
  /// Without what stands in `\(…)`.
  fileprivate var withoutInterpolations: String {
    var shown = ""
    var depth = 0
    var previous: Character = " "
    for character in self {
      if depth > 0 {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
      } else if character == "(", previous == "\\" {
        depth = 1
        shown.removeLast()
      } else {
        shown.append(character)
      }
      previous = character
    }
    return shown
  }

  /// The string literals of a line of source.
  fileprivate var literals: [String] {
    let text = withoutInterpolations
    var found: [String] = []
    var current: String?
    var isEscaped = false
    for character in text {
      if isEscaped {
        isEscaped = false
        current?.append(" ")
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        if let literal = current { found.append(literal) }
        current = current == nil ? "" : nil
      } else {
        current?.append(character)
      }
    }
    return found
  }
}

struct GlossaryTests {
  /// The modules whose texts reach a terminal, a log or a document.
  private static let modules = [
    "Sources/ConfigurationInForce", "Sources/ControlConnections", "Sources/ControlProtocol",
    "Sources/HostDoctor", "Sources/Inspection", "Sources/InterfaceSockets",
    "Sources/KernelAnswering", "Sources/KernelPath", "Sources/KernelTables", "Sources/LinuxNet",
    "Sources/LinuxSurvey", "Sources/ProxyConfig", "Sources/ProxyDaemon", "Sources/TakeOver",
    "Sources/ndpctl", "Sources/ndpproxy", "Benchmarks/ndpbench", "Tests/Conformance",
    "Tests/ConformanceTable",
  ]

  private static let texts: [UserText] =
    SourceTree.files(under: "man", endings: [".1", ".5", ".8"]).map(UserText.init(page:))
    + SourceTree.files(under: "completions", endings: [".bash", ".zsh", ".fish"])
    .map(UserText.init(page:))
    + SourceTree.files(under: "docs", endings: [".md"]).map(UserText.init(page:))
    + ["README.md", "ndpproxy.conf.example"].map {
      UserText(
        page: SourceTree.File(path: $0, text: SourceTree.read(SourceTree.root + "/" + $0)))
    }
    + modules.flatMap { SourceTree.files(under: $0) }
    .filter { !$0.path.contains("/Generated/") }.map(UserText.init(source:))

  @Test func `users read one term for each thing`() {
    #expect(Self.texts.count > 100)
    let violations = Self.texts.flatMap(\.violations)
    #expect(violations == [], "\(violations.joined(separator: "\n"))")
  }

  static let samples: [(String, Int)] = [
    (#"let a = "a question for \(asker)""#, 1), (#"/// a question"#, 0), (#"let question = 1"#, 0),
    (#"say("\(question.text) here", "its neighbour")"#, 1), (#"x("ndpproxy_rule_questions")"#, 0),
    ("let a = \"\"\"\n  two octets\n  \"\"\"\nlet octets = 3", 1), (#"x("not \"asker\" but")"#, 1),
    (#"x("asker")"#, 0),
  ]

  @Test(arguments: samples)
  func `a term that is not agreed is found`(source: String, count: Int) {
    let file = SourceTree.File(path: "Sources/A/B.swift", text: source)
    #expect(UserText(source: file).violations.count == count)
  }
}
