import ArgumentParser
import ControlProtocol
import LinuxNet
import LinuxSurvey

/// The subcommand `metrics`.
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Prints all counters and gauges for Prometheus.",
    discussion: """
      With --textfile, for node_exporter's textfile collector: run it every minute. If the daemon \
      does not run, the file says so (ndpproxy_up 0).
      """)

  @OptionGroup var control: ControlOptions

  @Option(
    help: "Put it into this file, at once and whole, instead of printing it.",
    completion: .file(extensions: ["prom"]))
  var textfile: String?

  @Flag(help: "OpenMetrics 1.0 rather than Prometheus' text format 0.0.4.")
  var openmetrics = false

  @Flag(help: "Count each rule by itself, too.")
  var rules = false

  func validate() throws {
    if control.json { throw ValidationError("--json is no format of metrics; try 'counters'.") }
  }

  func run() throws {
    let format: Exposition.Format = openmetrics ? .openMetrics : .prometheus
    try reportingFailure {
      do {
        let client = try Client(path: control.socket)
        let metrics = Metrics(
          status: try client.status(), counters: try client.counters(),
          rules: rules ? try client.rules() : [], now: WallClock.nanoseconds / 1_000_000)
        try put(metrics.text(format))
      } catch let failure as ClientFailure where failure.status == .unavailable {
        if textfile != nil { try put(Metrics.absence(format)) }
        throw failure
      }
    }
  }

  private func put(_ text: String) throws {
    guard let textfile else {
      StandardStream.output.write(text)
      return
    }
    do {
      try OutputFile.replace(textfile, with: text)
    } catch {
      throw ClientFailure(.failure, "\(error)")
    }
  }
}
