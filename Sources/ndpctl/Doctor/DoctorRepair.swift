import HostDoctor
import LinuxNet
import LinuxSurvey
import PlainText
import Subprocess

/// Does what a fix says, where that is no more than kernel variables or our own table.
///
/// No shell takes part: programs get their arguments as they are, variables are files.
struct DoctorRepair {
  /// Whether somebody is asked each time.
  let isAsking: Bool
  /// Whether notes are mended too; they need not be.
  let withNotes: Bool

  /// Does what each fix says that is allowed here, and tells; the rest is for people.
  func mend(_ diagnosis: Diagnosis) async throws {
    var done: Set<[Action]> = []
    for result in diagnosis.results {
      for finding in result.findings {
        guard let fix = finding.fix else { continue }
        if let obstacle = fix.obstacle {
          say("\(result.check.code): left to you: \(obstacle)")
          continue
        }
        guard done.insert(fix.actions).inserted else { continue }
        guard finding.severity > .note || withNotes else {
          say("\(result.check.code): only a note; to fix it: --fix --only \(result.check.code)")
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
    for action in fix.actions {
      if let failure = try await failure(of: action) {
        complain("doctor", "'\(action.shell ?? "")' failed: \(failure)")
        return
      }
    }
    say("done; to make it last: \(fix.lasting.map(\.text).joined(separator: "; "))")
  }

  /// Does one thing; `nil` where it is done, and why not where it is not.
  private func failure(of action: Action) async throws -> String? {
    switch action {
    case .set(let variable, let value):
      do {
        try OutputFile.set(variable.path, to: value)
        return nil
      } catch {
        return "\(error)"
      }
    case .run(let words):
      let result = try await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())), output: .discarded,
        error: .string(limit: 4096))
      return result.terminationStatus.isSuccess ? nil : result.standardError
    case .append, .write:
      // No fix that is allowed here touches files of the host.
      return "it is left to you"
    }
  }

  private func say(_ text: String) { StandardStream.output.write(text.printable + "\n") }
}
