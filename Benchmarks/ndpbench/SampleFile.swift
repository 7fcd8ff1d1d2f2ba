import LinuxNet
import LinuxSurvey
import Subprocess

/// A configuration file in memory, and what loading it took each time.
final class SampleFile {
  /// How many rules it has.
  let ruleCount: Int

  /// How long it is.
  let octetCount: Int

  /// One for each time that it was loaded and counts.
  var loads: [Load] = []

  private let file: AnonymousFile

  /// Writes a file with that many rules.
  init(ruleCount: Int) throws {
    let text = sampleConfiguration(ruleCount: ruleCount)
    self.ruleCount = ruleCount
    octetCount = text.utf8.count
    file = try AnonymousFile(containing: text)
  }

  /// Loads the file once, in a process of its own.
  ///
  /// Throws where it is not loaded without a warning and with all rules.
  func load() async throws -> Load {
    let result = try await Subprocess.run(
      .path(CurrentProcess.executablePath()), arguments: ["load", file.path],
      output: .string(limit: 4096), error: .string(limit: 1 << 20))
    let load = Load(result.standardOutput)
    guard result.terminationStatus.isSuccess, let load, load.ruleCount == ruleCount else {
      throw LoadFailure(ruleCount: ruleCount, complaint: result.standardError)
    }
    return load
  }
}

/// A file that was not loaded as it should be.
struct LoadFailure: Error, CustomStringConvertible {
  let ruleCount: Int
  let complaint: String

  var description: String { "the file with \(ruleCount) rules was not loaded: \(complaint)" }
}
