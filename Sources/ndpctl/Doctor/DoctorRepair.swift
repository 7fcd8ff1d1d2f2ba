import HostDoctor
import LinuxNet
import LinuxSurvey
import PlainText
import Subprocess

/// Does what fixes say: kernel variables, routes, rules that accept something, and our own table.
///
/// Nothing is taken away, neither a route nor an address nor somebody's rule. After each fix all
/// checks are made again: what made something worse is undone as far as that can be. No shell takes
/// part: programs get their arguments as they are, variables are files.
struct DoctorRepair {
  /// Whether somebody is asked each time.
  let isAsking: Bool
  /// Whether notes are mended too; they need not be.
  let withNotes: Bool
  /// The checks whose findings are mended; all if empty.
  let codes: Set<String>
  /// Whether this host's files set what is set here at boot; not so in a network namespace of its
  /// own that shares them.
  let ownsBootFiles: Bool
  /// Makes all checks on the host as it is now.
  let diagnose: () throws -> Diagnosis

  /// A finding with its check and what to do about it.
  private struct Task {
    let code: String
    let finding: Finding
    let fix: Fix

    var isForPeople: Bool { fix.scope == .other || fix.actions.isEmpty }
  }

  /// Mends what can be mended here, one thing after the other, and returns how the host is then.
  func mend() async throws -> Diagnosis {
    var diagnosis = try diagnose()
    var seen: Set<[Action]> = []
    var refused: Set<[Action]> = []
    for clash in diagnosis.contradictions {
      say("\(clash.codes.joined(separator: " and ")): left to you, for the remedies contradict:")
      for fix in clash.fixes { say("  \(fix.commands.joined(separator: "; "))") }
      refused.formUnion(clash.fixes.map(\.actions))
    }
    while let task = next(in: diagnosis, except: seen.union(refused)) {
      seen.insert(task.fix.actions)
      if try await agrees(to: task) { diagnosis = try await mend(task, in: diagnosis) }
    }
    return diagnosis
  }

  private func next(in diagnosis: Diagnosis, except done: Set<[Action]>) -> Task? {
    for result in diagnosis.only(codes).results {
      for finding in result.findings {
        guard let fix = finding.fix, finding.severity > .note || withNotes else { continue }
        let task = Task(code: result.check.code, finding: finding, fix: fix)
        if !task.isForPeople, !done.contains(fix.actions), ownsBootFiles || !fix.isForBoot {
          return task
        }
      }
    }
    return nil
  }

  /// Says what is to be done, and asks if somebody is to be asked.
  private func agrees(to task: Task) async throws -> Bool {
    say("\(task.code): \(task.finding.summary)")
    for command in task.fix.commands { say("  \(command)") }
    for case .action(let action) in task.fix.lasting where action.isForBoot && ownsBootFiles {
      say("  \(action.shell ?? "")")
    }
    guard isAsking else { return true }
    StandardStream.output.write("Do this now? [y/N] ")
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
      say("left as it is")
      return false
    }
    return true
  }

  private func mend(_ task: Task, in before: Diagnosis) async throws -> Diagnosis {
    var undone: [Action] = []
    for action in task.fix.actions {
      let opposite = action.opposite
      if let failure = try await failure(of: action) {
        complain("doctor", "'\(action.shell ?? "")' failed: \(failure)")
        try await undo(undone)
        return try diagnose()
      }
      if let opposite { undone.insert(opposite, at: 0) }
    }
    let after = try diagnose()
    let known = before.failedSubjects
    let harm = after.results.lazy.flatMap { result in
      result.findings.filter { finding in
        finding.severity == .failure && !known.contains(result.subject(of: finding))
      }
    }.first
    if let harm {
      complain("doctor", "after that, \(harm.summary); it is undone")
      try await undo(undone)
      return try diagnose()
    }
    let isLeft = after.only([task.code]).findings.contains { $0.summary == task.finding.summary }
    if isLeft {
      say("done, but the doctor still finds it; it may take a moment")
    } else {
      say("fixed")
    }
    try await makeLast(task.fix)
    return try diagnose()
  }

  /// Writes to our own file of sysctl.d(5), and says the rest.
  private func makeLast(_ fix: Fix) async throws {
    for advice in fix.lasting {
      switch advice {
      case .action(let action) where action.isForBoot && ownsBootFiles:
        if let failure = try await failure(of: action) {
          complain("doctor", "'\(action.shell ?? "")' failed: \(failure)")
        }
      default: say("to make it permanent: \(advice.text)")
      }
    }
  }

  private func undo(_ actions: [Action]) async throws {
    for action in actions {
      if let failure = try await failure(of: action) {
        complain("doctor", "'\(action.shell ?? "")' failed: \(failure)")
      }
    }
  }

  /// Does one thing; `nil` where it is done, and why not where it is not.
  private func failure(of action: Action) async throws -> String? {
    do throws(SystemError) {
      switch action {
      case .set(let variable, let value): try OutputFile.set(variable.path, to: value)
      case .append(let line, let path): try append(line, to: path)
      case .write: return "it is left to you"
      case .run(let words): return await failure(ofProgram: words)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func failure(ofProgram words: [String]) async -> String? {
    do {
      let result = try await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())), output: .discarded,
        error: .string(limit: 4096))
      guard !result.terminationStatus.isSuccess else { return nil }
      let text = result.standardError
      return text.isEmpty ? "\(result.terminationStatus)" : text
    } catch {
      return "\(error)"
    }
  }

  /// Adds a line to a file of ours, which may not be there yet.
  private func append(_ line: String, to path: String) throws(SystemError) {
    var text = ""
    if RegularFile.exists(path) {
      let octets = try RegularFile(path, limit: 1 << 20, isRequired: true).octets
      text = String(decoding: octets, as: UTF8.self)
    }
    // What is there already would only be said twice.
    if text.split(separator: "\n").last.map(String.init) == line { return }
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    try OutputFile.replace(path, with: text + line + "\n")
  }

  private func say(_ text: String) { StandardStream.output.write(text.printable + "\n") }
}

extension Diagnosis {
  /// What failures are about.
  fileprivate var failedSubjects: Set<String> {
    Set(results.flatMap { result in result.findings.map { result.subject(of: $0) } })
  }
}

extension CheckResult {
  /// A check and what its finding is about: after a fix it may say the same in other words.
  fileprivate func subject(of finding: Finding) -> String {
    "\(check.code) \(finding.subject ?? "")"
  }
}

extension Fix {
  /// Whether it changes nothing but what is set at boot.
  fileprivate var isForBoot: Bool { actions.allSatisfy(\.isForBoot) }
}

extension Action {
  /// Whether it adds a line to a file of sysctl.d(5).
  fileprivate var isForBoot: Bool { if case .append = self { true } else { false } }

  /// What takes it back, read before it is done; `nil` where nothing does.
  fileprivate var opposite: Action? {
    switch self {
    case .set(let variable, _):
      let octets = (try? RegularFile(variable.path, limit: 64))?.octets
      let text = octets.map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } }
      return text.map { .set(variable, to: $0) }
    case .run(let words)
    where words.starts(with: ["ip", "-6"]) && words.dropFirst(3).first == "add":
      return .run(words.prefix(3) + ["del"] + words.dropFirst(4))
    case .run, .append, .write: return nil
    }
  }
}
