import ArgumentParser
import LinuxNet
import LinuxSurvey

/// The hidden subcommand `spin`: keeps a processor from going to sleep, and gives way to everybody.
///
/// A processor that sleeps takes some ten microseconds to wake, in a virtual machine more; what is
/// measured beside a load has to be measured without it on a processor that is just as awake.
struct SpinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spin", abstract: "Keeps a processor busy.", shouldDisplay: false)

  @Option var processor: Int

  func run() throws {
    try ProcessorAffinity.pin(to: processor)
    try ProcessorAffinity.giveWay()
    StandardStream.output.write("spinning\n")
    while true {}
  }
}
