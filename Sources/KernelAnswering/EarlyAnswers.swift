import DaemonLog
import EventLoop
import KernelPath
import LinuxNet
import NDPWire
import ProxyEngine
package import ProxyModel

/// Answers in the drivers of interfaces (`kernel-path xdp`), where a test has shown that these
/// leave.
///
/// Until then, and where they do not, the program behind the driver answers.
package final class EarlyAnswers: Timed {
  /// Sends a frame.
  package var send: ([UInt8], InterfaceIndex) -> Void = { _, _ in }
  /// Called when an interface begins or ends to answer.
  package var whenChanged: () -> Void = {}
  private var states: [InterfaceIndex: State] = [:]
  private var loaded: (program: BPFProgram, maps: AnswerMaps)?
  private let log: Log
  private let name: (InterfaceIndex) -> String

  private enum State {
    /// The program is attached, and answers nothing yet.
    case testing(ProgramLink, Test)
    case answering(ProgramLink)
    /// It is not attached, for this reason.
    case refused(String)
  }

  /// A test, which is repeated while nobody on the link takes part in it.
  private struct Test {
    let request: [UInt8]
    var nextCheck: Instant
    var checks = 0
    /// How long to wait after a test in which nobody took part; 0 before the first one has ended.
    var pause: Duration = .zero
    /// Whether it was said that nobody takes part.
    var isTold = false
  }

  private static let checkInterval = Duration.milliseconds(200)
  /// A request is sent every so many checks, and a test has so many.
  private static let checksPerRequest = 5
  private static let checksPerTest = 15
  /// How long changes of an interface are waited for.
  private static let settlingTime = Duration.seconds(5)
  private static let shortestPause = Duration.seconds(60)
  private static let longestPause = Duration.seconds(3600)

  init(log: Log, name: @escaping (InterfaceIndex) -> String) { (self.log, self.name) = (log, name) }

  /// Goes by another program and its maps, or answers nothing from now on.
  ///
  /// Where the former one answered, every packet meets one of the two.
  func change(to program: BPFProgram?, _ maps: AnswerMaps) {
    loaded = program.map { ($0, maps) }
    guard let program else { return states = [:] }
    // Tests begin anew, and what was refused is tried again.
    states = states.compactMapValues { state in
      guard case .answering(let link) = state, (try? link.replace(by: program)) != nil else {
        return nil
      }
      return state
    }
  }

  /// Answers nothing from now on.
  func stop() {
    loaded = nil
    states = [:]
  }

  /// Whether the program in the driver may answer.
  func isAnswering(on index: InterfaceIndex) -> Bool {
    if case .answering = states[index] { true } else { false }
  }

  /// The interfaces where it does.
  package var interfaces: [InterfaceIndex] {
    states.keys.filter(isAnswering).sorted { $0.rawValue < $1.rawValue }
  }

  /// Those where it does not, with the reason.
  package var refusals: [(index: InterfaceIndex, reason: String)] {
    states.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { index, state in
      switch state {
      case .answering: nil
      case .refused(let reason): (index, reason)
      case .testing(_, let test):
        (index, test.isTold ? Self.nobodyReplied : "it is being tested")
      }
    }
  }

  private static let nobodyReplied =
    "no host on the link has replied to the test (an echo request to ff02::1); it is repeated"

  /// Goes by these proxy interfaces from now on; the frames of those in `vlanParents` may be for a
  /// VLAN, which a driver does not always say.
  func follow(
    _ contents: [AnswerContents], vlanParents: () -> Set<InterfaceIndex>, now: Instant
  ) {
    guard let loaded else { return }
    let vlanParents = vlanParents()
    for index in states.keys
    where vlanParents.contains(index) || !contents.contains(where: { $0.interface == index }) {
      forget(index)
    }
    for table in contents where states[table.interface] == nil {
      let index = table.interface
      guard !vlanParents.contains(index) else {
        refuse(index, "a VLAN interface gets its frames, and XDP may not see which ones")
        continue
      }
      guard let source = table.addresses.first(where: { $0.address.isLinkLocal })?.address else {
        // The next address leads here again.
        continue
      }
      do throws(SystemError) {
        let link = try ProgramLink(loaded.program, on: index.rawValue, at: .driver)
        let test = EarlyTest(identifier: .random(in: 1...UInt16.max))
        try loaded.maps.begin(test, on: UInt32(index.rawValue))
        let request = test.request(from: source, at: table.linkLayerAddress)
        states[index] = .testing(link, Test(request: request, nextCheck: now))
      } catch {
        refuse(index, "\(error)")
      }
    }
  }

  /// Takes down that an interface is gone.
  func forget(_ index: InterfaceIndex) {
    if case .testing = states[index] {
      try? loaded?.maps.endTest(on: UInt32(index.rawValue))
    }
    states[index] = nil
  }

  /// Has a test repeated soon in which nobody took part: the interface is another one now, by its
  /// addresses or because its link is back.
  package func repeatTest(on index: InterfaceIndex, now: Instant) {
    guard case .testing(let link, var test) = states[index], test.pause != .zero else { return }
    test.nextCheck = min(test.nextCheck, now + Self.settlingTime)
    test.pause = .zero
    states[index] = .testing(link, test)
  }

  /// Attaches anew with the next `follow` where the kernel has removed the program meanwhile.
  func forgetLostLinks() {
    for (index, state) in states {
      switch state {
      case .testing(let link, _), .answering(let link): if !link.isAttached { forget(index) }
      // To try again may take the link down for a moment.
      case .refused: break
      }
    }
  }

  private func refuse(_ index: InterfaceIndex, _ reason: String) {
    states[index] = .refused(reason)
    log.warning("kernel-path: no XDP on \(name(index)): \(reason)")
  }

  // MARK: Tests

  /// When to look at a test next.
  package var nextDeadline: Instant? {
    var first: Instant?
    for case .testing(_, let test) in states.values {
      first = first.map { min($0, test.nextCheck) } ?? test.nextCheck
    }
    return first
  }

  /// Looks at the tests that are due.
  package func handleTimeout(now: Instant) {
    guard let maps = loaded?.maps else { return }
    var hasChanged = false
    for (index, state) in states {
      guard case .testing(let link, var test) = state, test.nextCheck <= now else { continue }
      let progress = try? maps.progress(ofTestOn: UInt32(index.rawValue))
      if let progress, progress.turned > 0, progress.returned > 0 {
        try? maps.endTest(on: UInt32(index.rawValue))
        states[index] = .answering(link)
        log.notice("kernel-path: XDP answers on \(name(index))")
        hasChanged = true
        continue
      }
      if test.checks == Self.checksPerTest {
        if let progress, progress.turned > 0 {
          forget(index)
          refuse(index, "its driver does not send what the program answers (XDP_TX)")
          continue
        }
        if !test.isTold {
          log.notice("kernel-path: no XDP on \(name(index)) yet: \(Self.nobodyReplied)")
          test.isTold = true
        }
        test.pause = min(Self.longestPause, max(Self.shortestPause, test.pause * 2))
        test.checks = 0
        test.nextCheck = now + test.pause
      } else {
        if test.checks % Self.checksPerRequest == 0 { send(test.request, index) }
        test.checks += 1
        test.nextCheck = now + Self.checkInterval
      }
      states[index] = .testing(link, test)
    }
    if hasChanged { whenChanged() }
  }
}
