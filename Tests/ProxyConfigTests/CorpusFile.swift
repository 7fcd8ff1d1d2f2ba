import NDPWire
import ProxyConfig
import Testing

/// Where the collected files of ndppd stand.
let corpusPath = "Tests/ProxyConfigTests/Corpus/"

/// A collected file of ndppd: what it says, and what ndppd 0.2.5 was seen to make of it.
struct CorpusFile: CustomTestStringConvertible, Sendable {
  /// Its folder and name without the ending: `valid/s01-empty-file`.
  let path: String

  /// Its octets.
  let octets: [UInt8]

  /// What stands beside it in a file `.expect`.
  let expectation: String

  var testDescription: String { path }

  private init(path: String) {
    self.path = path
    octets = contents(ofFile: "\(corpusPath)\(path).conf") ?? []
    expectation = String(
      decoding: contents(ofFile: "\(corpusPath)\(path).expect") ?? [], as: UTF8.self)
  }

  /// Every file, those that ndppd refuses first.
  static let all = ["invalid", "valid"].flatMap { folder in
    names(inDirectory: corpusPath + folder, ending: ".conf").map {
      CorpusFile(path: "\(folder)/\($0)")
    }
  }
}

extension CorpusFile {
  /// The file's name with its ending.
  var fileName: String { "\(path.split(separator: "/").last ?? "").conf" }

  /// Whether a user wrote it, rather than somebody who tried ndppd's parser.
  var isFromTheWild: Bool { fileName.hasPrefix("w") }

  /// Whether 0.2.5 starts with it.
  var isAccepted: Bool { verdict == "accept" }

  /// What its notes warn of: that 0.2.5 misreads it in silence, or never ends.
  var marks: [String] { ["TRAP", "DANGER"].filter { expectation.contains($0) } }

  /// What ndpproxy makes of it.
  func parse() -> ParseResult { ConfigurationParser.parse(octets, fileName: fileName) }

  /// The first verdict is that of 0.2.5.
  var verdict: Substring {
    let lines = expectation.split(separator: "\n")
    return lines.first { $0.hasPrefix("verdict: ") }?.dropFirst("verdict: ".count) ?? "unknown"
  }

  /// The rules with which 0.2.5 works, as `rules(of:)` writes them; `nil` if it does not start.
  ///
  /// The first `effective:` block is that of 0.2.5.
  var effectiveRules: [String]? {
    guard isAccepted else { return nil }
    let lines = expectation.split(separator: "\n", omittingEmptySubsequences: false)
    let block = lines.drop { $0 != "effective:" }.dropFirst().prefix { !$0.isEmpty }
    var interface: Substring = ""
    var rules: [String] = []
    for line in block {
      let words = line.split(separator: " ")
      switch words.first {
      case "proxy": interface = words[1]
      case "rule":
        let prefix = IPv6Prefix(String(words[1]))?.description ?? "unreadable"
        let method = words[2...].joined(separator: " ").dropFirst("method=".count)
        rules.append("\(interface) \(prefix) \(method)")
      default: continue
      }
    }
    return rules
  }
}
