import HostDoctor
import LinuxNet
import Subprocess

/// Does what a fix says, where that is no more than kernel variables or our own table.
struct DoctorRepair {
  /// Whether somebody is asked each time.
  let isAsking: Bool
  /// Whether notes are mended too; they need not be.
  let withNotes: Bool

  /// Runs the commands of each fix that is allowed here, and says so; the rest is for people.
  func mend(_ diagnosis: Diagnosis) async throws {
    var done: Set<[String]> = []
    for result in diagnosis.results {
      for finding in result.findings {
        guard let fix = finding.fix, done.insert(fix.commands).inserted else { continue }
        guard finding.severity > .note || withNotes else {
          say("\(result.check.code): only a note; to mend it: --fix --only \(result.check.code)")
          continue
        }
        guard fix.scope != .other else {
          say(
            "\(result.check.code): left to you, for it is neither a kernel variable nor our own "
              + "table: \(fix.commands.joined(separator: "; "))")
          continue
        }
        try await mend(result.check.code, fix)
      }
    }
  }

  private func mend(_ code: String, _ fix: Fix) async throws {
    say("\(code):")
    for command in fix.commands { say("  \(command)") }
    if isAsking {
      StandardStream.output.write("Do this now? [y/N] ")
      guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
        say("left as it is")
        return
      }
    }
    for command in fix.commands {
      let result = try await Subprocess.run(
        .name("sh"), arguments: ["-c", command], output: .discarded, error: .string(limit: 4096))
      guard result.terminationStatus.isSuccess else {
        complain("doctor", "'\(command)' failed: \(result.standardError)")
        return
      }
    }
    say("done; to make it last: \(fix.lasting.joined(separator: "; "))")
  }

  private func say(_ text: String) { StandardStream.output.write(text + "\n") }
}
