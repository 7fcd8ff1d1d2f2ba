import LinuxSurvey
import NetworkLab
import Testing

@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ProcessTests {
  @Test func aFailingCommandIsNamed() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let failure = await #expect(throws: CommandFailure.self) {
      try await node.run("ip", "link", "set", "nowhere0", "up")
    }
    let text = """
      router 1: 'ip link set nowhere0 up' exited with 1: Cannot find device "nowhere0"
      """
    #expect(failure?.description == text)
  }

  @Test func aProcessIsGoneAfterItsBody() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let process = try await node.withProcess(["sleep", "1000"]) { process in
      try await Task.sleep(for: .milliseconds(50))
      #expect(process.status == nil)
      return process
    }
    #expect(process.status == .killed(signal: 15))
  }

  @Test func aProcessIsGoneAfterABodyThatThrows() async throws {
    struct Mishap: Error {}
    let node = try await FoundingNetwork(members: 1).router
    var kept: RunningProcess?
    await #expect(throws: Mishap.self) {
      try await node.withProcess(["sleep", "1000"]) { process in
        kept = process
        throw Mishap()
      }
    }
    #expect(kept?.status == .killed(signal: 15))
  }

  @Test func aStubbornProcessIsKilled() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let script = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"
    let process = try await node.withProcess(["sh", "-c", script]) { process in
      let line = try await process.line(containing: "deaf")
      #expect(line == "deaf")
      return process
    }
    #expect(process.status == .killed(signal: 9))
  }

  @Test func outputAndEndAreSeen() async throws {
    let node = try await FoundingNetwork(members: 1).router
    try await node.withProcess(["sh", "-c", "echo one; echo two >&2; exit 3"]) { process in
      let status = try await process.exitStatus(within: .seconds(20))
      #expect(status == .exited(3))
      #expect(process.lines == ["one", "two"])
    }
  }

  /// So it ends with the lab even when that is killed.
  @Test func everyProcessCarriesADeathSignal() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let attributes = try await node.run("setpriv", "--dump")
    #expect(attributes.contains("Parent death signal: KILL"))
  }

  @Test func aProgramThatIsNotThereIsAFailure() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let failure = await #expect(throws: CommandFailure.self) {
      try await node.run("no-such-program")
    }
    // 126 where a directory in PATH may not be searched.
    #expect(failure?.status == .exited(127) || failure?.status == .exited(126))
  }

  @Test func signalsArrive() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let script = "trap 'echo heard' HUP; echo listening; while :; do sleep 0.05; done"
    try await node.withProcess(["sh", "-c", script]) { process in
      _ = try await process.line(containing: "listening")
      process.send(.terminalClosed)
      let line = try await process.line(containing: "heard")
      #expect(line == "heard")
    }
  }

  @Test func cancellingEndsIt() async throws {
    let node = try await FoundingNetwork(members: 1).router
    let task = Task {
      try await node.withProcess(["sleep", "1000"]) { process in
        // Cancels the very task it is called from.
        withUnsafeCurrentTask { $0?.cancel() }
        return process
      }
    }
    let status = try await task.value.status
    #expect(status == .killed(signal: 15) || status == .killed(signal: 9))
  }
}
