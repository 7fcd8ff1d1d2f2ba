import ArgumentParser

/// The hidden subcommand `micro-step`: one step so many times, for a profiler to look at.
struct MicroStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "micro-step", abstract: "Does one step so many times.", shouldDisplay: false)

  @Argument(transform: { name in
    guard let step = MicroStep(rawValue: name) else { throw ValidationError("no step \(name)") }
    return step
  }) var step: MicroStep
  @Argument var count: Int

  func run() { print(step.run(count)) }
}
