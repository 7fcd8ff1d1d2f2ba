import ArgumentParser
import NetworkLab

/// What all measurements on the wire can be told.
struct BenchOptions: ParsableArguments {
  @Option(help: "The daemon to measure: a static release build, as 'make' makes it.")
  var daemon = ".build/static/release/ndpproxy"

  @Option(help: "How often everything is measured, the responders in turn, 1 through 100.")
  var runs = 5

  @Option(help: "The directory for the results and plots.")
  var output = ".build/bench"

  /// Set by ourselves, so that a refusal cannot make us start ourselves for ever.
  @Flag(help: .hidden)
  var inUserNamespace = false

  func validate() throws {
    guard 1...100 ~= runs else { throw ValidationError("--runs takes 1 through 100.") }
  }

  /// Measures with a lab and writes down what comes of it; fails where something has no figure.
  func session(
    _ name: String, arguments: [String] = [],
    _ measure: (Bench, inout Report) async throws -> Void
  ) async throws {
    try await becomeAble()
    let words = ["ndpbench", name, "--runs", "\(runs)", "--daemon", daemon] + arguments
    var report = try Report(command: words.joined(separator: " "))
    let bench = try await Bench(daemon: daemon)
    try await measure(bench, &report)
    let verdicts = report.verdicts
    for topic in report.topics { report.printTable(topic) }
    if !verdicts.isEmpty { Verdict.show(verdicts) }
    try report.write(to: output, name: name, verdicts: verdicts)
    guard report.failures.isEmpty else {
      print("\n\(report.failures.count) figures could not be measured:")
      for failure in report.failures { print("  \(failure)") }
      throw ExitCode.failure
    }
  }

  private func becomeAble() async throws {
    if let tool = await Host.missingTools().first {
      throw ValidationError("needs '\(tool.name)': apt install \(tool.package)")
    }
    if Host.permitsLabs { return }
    if !inUserNamespace {
      try await Host.becomeRootOfUserNamespace(
        arguments: CommandLine.arguments.dropFirst() + ["--in-user-namespace"])
    }
    throw ValidationError("this user may not create network namespaces; run it as root")
  }
}
