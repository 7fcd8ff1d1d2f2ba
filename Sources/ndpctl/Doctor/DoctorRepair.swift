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
        if !task.isForPeople, !done.contains(fix.actions), ownsBootFiles || !fix.changesFiles {
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
    for case .action(let action) in task.fix.lasting where action.changesFiles && ownsBootFiles {
      say("  \(action.shell ?? "")")
    }
    guard isAsking else { return true }
    StandardStream.output.write("Do this now? [y/N] ")
    let answer = readLine()
    if let answer, ["y", "yes"].contains(answer.lowercased()) { return true }
    // After the end of input, the cursor is still behind the question.
    say(answer == nil ? "\nleft as it is" : "left as it is")
    return false
  }

  private func mend(_ task: Task, in before: Diagnosis) async throws -> Diagnosis {
    var undone: [Action] = []
    for action in task.fix.actions {
      let opposite = action.opposite
      switch try await result(of: action) {
      case .failed(let reason):
        complain("doctor", "'\(action.shell ?? "")' failed: \(reason)")
        try await undo(undone)
        return try diagnose()
      case .done(let output):
        if let opposite = opposite ?? action.opposite(afterPrinting: output) {
          undone.insert(opposite, at: 0)
        }
      }
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
    let left = after.only([task.code]).findings.filter { $0.summary == task.finding.summary }
    if left.isEmpty {
      say("fixed")
    } else if task.fix.scope != .accept {
      say("done, but the doctor still finds it; it may take a moment")
    } else if left.contains(where: { $0.value == task.finding.value }) {
      complain("doctor", "that did not help; it is undone")
      try await undo(undone)
      return try diagnose()
    } else {
      say("done, but the same is dropped elsewhere, too")
    }
    try await makeLast(task.fix)
    return try diagnose()
  }

  /// Writes to files of ours, has firewalld write to its own, and says the rest.
  private func makeLast(_ fix: Fix) async throws {
    for advice in fix.lasting {
      switch advice {
      case .action(let action) where action.changesFiles && ownsBootFiles:
        guard case .failed(let reason) = try await result(of: action) else { continue }
        complain("doctor", "'\(action.shell ?? "")' failed: \(reason)")
        return
      default: say("to make it permanent: \(advice.text)")
      }
    }
  }

  private func undo(_ actions: [Action]) async throws {
    for action in actions {
      say("  \(action.shell ?? "")")
      if case .failed(let reason) = try await result(of: action) {
        complain("doctor", "'\(action.shell ?? "")' failed: \(reason)")
      }
    }
  }

  /// What came of an action.
  private enum Result {
    case done(output: String)
    case failed(String)
  }

  private func result(of action: Action) async throws -> Result {
    do throws(SystemError) {
      switch action {
      case .set(let variable, let value): try OutputFile.set(variable.path, to: value)
      case .append(let line, let path): try append(line, to: path)
      case .write: return .failed("it is left to you")
      case .run: return await result(ofProgram: action.wordsWithHandle)
      }
      return .done(output: "")
    } catch {
      return .failed("\(error)")
    }
  }

  private func result(ofProgram words: [String]) async -> Result {
    do {
      let limit = 4096
      let result = try await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())),
        environment: .inherit.updating(["LC_ALL": "C"]), output: .string(limit: limit),
        error: .string(limit: limit))
      guard !result.terminationStatus.isSuccess else {
        return .done(output: result.standardOutput)
      }
      let text = result.standardError
      return .failed(text.isEmpty ? "\(result.terminationStatus)" : text)
    } catch {
      return .failed("\(error)")
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
  /// Whether one of its actions changes what is loaded at boot.
  fileprivate var changesFiles: Bool { actions.contains(where: \.changesFiles) }
}

extension Action {
  /// Whether it changes what is loaded at boot: a file of sysctl.d(5), rules of ufw or firewalld.
  fileprivate var changesFiles: Bool {
    switch self {
    case .append: true
    case .run(let words): ["ufw", "firewall-cmd"].contains(words.first)
    case .set, .write: false
    }
  }

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

  /// What takes a rule back that was added; `nil` where there was one already, which stays.
  fileprivate func opposite(afterPrinting output: String) -> Action? {
    guard case .run(let words) = self else { return nil }
    if words.starts(with: ["nft", "insert", "rule"]), words.count > 5 {
      guard let mark = output.ranges(of: "# handle ").last else { return nil }
      let handle = output[mark.upperBound...].prefix(while: \.isNumber)
      return .run(["nft", "delete", "rule"] + words[3...5] + ["handle", "\(handle)"])
    }
    if words.starts(with: ["ufw", "route"]), !output.contains("Skipping") {
      return .run(["ufw", "route", "delete"] + words.dropFirst(2).filter { $0 != "prepend" })
    }
    return nil
  }

  /// Its words; nft(8) is told to print the handle of a rule.
  fileprivate var wordsWithHandle: [String] {
    guard case .run(let words) = self else { return [] }
    guard words.starts(with: ["nft", "insert"]) else { return words }
    return ["nft", "--echo", "--handle"] + words.dropFirst()
  }
}
