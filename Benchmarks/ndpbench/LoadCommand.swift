import ArgumentParser
import Inspection
import LinuxNet
import ProxyConfig
import ProxyEngine
import ProxyModel

/// What it took to load one file.
struct Load: LosslessStringConvertible {
  /// How many rules the engine was given.
  let ruleCount: Int

  /// From opening the file to an engine that is ready.
  let nanoseconds: Int

  /// The most memory that the process ever had.
  let peakOctets: Int

  init(ruleCount: Int, nanoseconds: Int, peakOctets: Int) {
    self.ruleCount = ruleCount
    self.nanoseconds = nanoseconds
    self.peakOctets = peakOctets
  }

  init?(_ text: String) {
    let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard numbers.count == 3 else { return nil }
    self.init(ruleCount: numbers[0], nanoseconds: numbers[1], peakOctets: numbers[2])
  }

  var description: String { "\(ruleCount) \(nanoseconds) \(peakOctets)" }
}

/// The hidden subcommand `load`: loads one file as the daemon does, and prints a `Load`.
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Loads one file, for the other subcommands.",
    shouldDisplay: false)

  @Argument var path: String

  func run() throws {
    let start = BootClock.nanoseconds
    let file = try ConfigurationFile(path: path)
    guard let configuration = file.configuration, !file.hasWarnings else {
      file.showReport(withNotes: false)
      throw ExitCode.failure
    }
    let ruleset = configuration.ruleset
    let engine = Engine(ruleset: ruleset, limits: configuration.limits)
    let load = Load(
      ruleCount: ruleset.proxies.reduce(0) { $0 + $1.rules.count },
      nanoseconds: Int(BootClock.nanoseconds - start),
      peakOctets: try Machine.peakOctets)
    withExtendedLifetime(engine) { print(load) }
  }
}
