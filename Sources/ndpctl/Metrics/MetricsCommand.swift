import ArgumentParser
import ControlProtocol
import LinuxNet
import LinuxSurvey

/// The subcommand `metrics`.
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print or serve counters and gauges for Prometheus.",
    usage: "ndpctl metrics [OPTION...]",
    discussion: """
      With --listen, ndpctl runs in the foreground and serves the metrics over HTTP. With \
      --textfile it writes a file for node_exporter's textfile collector; run it every minute. In \
      both cases ndpproxy_up is 0 while the daemon does not run.
      """)

  @OptionGroup var place: SocketOptions

  @Option(
    help: ArgumentHelp(
      "Serve the metrics over HTTP on ADDRESS:PORT, or on the socket of 'systemd'.",
      valueName: "address:port"))
  var listen: ListenAddress?

  @Option(
    help: ArgumentHelp("Replace this file instead of printing.", valueName: "file"),
    completion: .file(extensions: ["prom"]))
  var textfile: String?

  @Flag(help: "Use OpenMetrics 1.0 instead of the Prometheus text format 0.0.4.")
  var openmetrics = false

  @Flag(help: "Include the counters of each rule.")
  var rules = false

  func validate() throws {
    guard listen == nil || textfile == nil && !openmetrics else {
      throw ValidationError(
        "--listen excludes --textfile and --openmetrics; the HTTP client chooses the format.")
    }
  }

  func run() throws {
    let format: Exposition.Format = openmetrics ? .openMetrics : .prometheus
    let source = MetricsSource(socket: place.socket, withRules: rules)
    try reportingFailure {
      if let listen { return try MetricsServer(source: source).run(on: listen) }
      do {
        try put(source.text(format))
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

/// Where metrics come from.
struct MetricsSource: Sendable {
  /// The daemon's socket.
  let socket: String
  /// Whether each rule is counted by itself.
  let withRules: Bool

  /// Asks the daemon; throws `ClientFailure`.
  func text(_ format: Exposition.Format) throws(ClientFailure) -> String {
    let client = try Client(path: socket)
    return Metrics(
      status: try client.status(), counters: try client.counters(),
      rules: withRules ? try client.rules() : [], now: WallClock.nanoseconds / 1_000_000
    ).text(format)
  }
}
