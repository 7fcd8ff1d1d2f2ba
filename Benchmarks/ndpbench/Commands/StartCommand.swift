import ArgumentParser
import LinuxNet
import LinuxSurvey

/// The hidden subcommand `start`: becomes another program, on one processor and at a known time.
///
/// First prints when that will be, by `BootClock` and in nanoseconds, so that somebody can
/// be ready for it.
struct StartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Becomes another program on one processor.",
    shouldDisplay: false)

  @Option var processor: Int

  @Argument(parsing: .postTerminator) var command: [String]

  func run() throws {
    try ProcessorAffinity.pin(to: processor)
    let time = BootClock.nanoseconds + Self.notice
    StandardStream.output.write("starting at \(time)\n")
    while BootClock.nanoseconds < time {}
    try CurrentProcess.replace(with: command)
  }

  private static let notice: UInt64 = 30_000_000
}
