import InterfaceEvents
import LinuxSurvey
import Testing

/// Answers come again within a second, waiting takes less than one percent of a processor, and the
/// daemon lives, whatever happens to an interface.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct InterfaceEventTests {
  @Suite(.serialized) struct Proxy {
    @Test(arguments: InterfaceEvent.all.filter { $0.part == .proxy })
    func `served again`(event: InterfaceEvent) async throws { try await check(event) }
  }

  @Suite(.serialized) struct Rule {
    @Test(arguments: InterfaceEvent.all.filter { $0.part == .rule })
    func `asked on again`(event: InterfaceEvent) async throws { try await check(event) }
  }

  @Suite(.serialized) struct Pattern {
    @Test(arguments: InterfaceEvent.all.filter { $0.part == .pattern })
    func `asked on again`(event: InterfaceEvent) async throws { try await check(event) }
  }

  @Suite(.serialized) struct Auto {
    @Test(arguments: InterfaceEvent.all.filter { $0.part == .auto })
    func `asked on again`(event: InterfaceEvent) async throws { try await check(event) }
  }
}

/// A busy machine may be too slow once for the second that is allowed; not twice.
///
/// Each second try is told of, and too many fail.
private func check(_ event: InterfaceEvent) async throws {
  let first = try await event.play(on: .ndpproxy).faults(at: event)
  if first.isEmpty { return }
  let count = await SecondTries.shared.add()
  print("\(event): tried again (the \(count). event of this run); at first: \(first)")
  #expect(count <= SecondTries.most, "\(event) needs a second try, as others did: \(first)")
  let second = try await event.play(on: .ndpproxy).faults(at: event)
  #expect(second == [], "\(event); at first: \(first)")
}

/// How many events of a run were played twice.
private actor SecondTries {
  static let shared = SecondTries()
  /// How many may be; more are no accident.
  static let most = 2

  private var count = 0

  func add() -> Int {
    count += 1
    return count
  }
}
