import ArgumentParser

struct ThroughputCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "throughput", abstract: "x")
  @Option var daemon = ".build/static/release/ndpproxy"
  func run() async throws {
    let bench = try await Bench(daemon: daemon)
    for responder in Responder.programs {
      for rate in [1000, 20_000, 50_000, 100_000, 200_000, 400_000, nil] {
        do {
          try await bench.withResponder(responder) { running in
            let flood = try await running.flood(
              rate: rate, for: .milliseconds(400), divisor: (rate ?? .max) > 50_000 ? 256 : 1)
            print(responder, rate ?? 0, Int(flood.offeredRate), Int(flood.answeredRate), flood.microsecondsPerAnswer, flood)
          }
        } catch {
          print(responder, rate ?? 0, "\(error)")
        }
      }
    }
  }
}
