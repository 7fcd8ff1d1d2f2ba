import ArgumentParser

/// The subcommand `micro`: what each step of an answer takes, without the kernel.
struct MicroCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "micro",
    abstract: "Measures what each step of an answer takes, without the kernel.",
    discussion: """
      Nanoseconds of decoding, deciding and encoding; up to a million sessions; the prefix trie \
      compared with a linear search; loading configurations. 'cost' counts instructions and \
      allocations.
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "The most sessions, 1000 through 4000000.")
  var sessions = 1_000_000

  func validate() throws {
    guard 1_000...4_000_000 ~= sessions else {
      throw ValidationError("--sessions takes 1000 through 4000000.")
    }
  }

  func run() async throws {
    try await options.session("micro", arguments: ["--sessions", "\(sessions)"]) { _, report in
      try await Micro(runs: options.runs, sessions: sessions).measure(into: &report)
    }
  }
}
