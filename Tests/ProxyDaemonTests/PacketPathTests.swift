import DaemonLog
import DaemonSupport
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import Testing

@testable import InterfaceSockets
@testable import ProxyDaemon

struct PacketPathTests {
  @Test func `a question that a static rule is about is answered where it came`() throws {
    let stage = try Stage(.static)
    try stage.receive(Stage.question(), Stage.question())
    #expect(stage.sockets.sent.count == 2)
    let answer = try #require(Stage.advertisement(stage.sockets.sent.first))
    #expect(answer.target == Stage.target && answer.destination == Stage.asker)
    #expect(answer.targetLinkLayerAddress == .station(2))
    #expect(stage.path.engine.counters.advertised == 2)
    #expect(stage.path.latency.count == 2)
    #expect(
      stage.path.recent.entries(about: Stage.target, limit: 8).map(\.outcome) == [
        .answered, .answered,
      ])
  }

  @Test func `a target is asked for inside, and answered for once it is there`() throws {
    let stage = try Stage(.interface(InterfacePattern("zt0")))
    try stage.receive(Stage.question())
    #expect(stage.sockets.sent.isEmpty)
    let question = try #require(Stage.solicitation(stage.ruleSockets.sent.first?.frame))
    #expect(question.target == Stage.target)
    #expect(stage.ruleSockets.sent.map(\.interface) == [3])
    try stage.receiveInside(Stage.confirmation(to: question.source))
    #expect(Stage.advertisement(stage.sockets.sent.first)?.target == Stage.target)
    // Who had to wait does not count as answered at once.
    #expect(stage.path.latency.count == 0)
  }

  @Test func `what nobody answers to is asked again when its time has come`() throws {
    let stage = try Stage(.interface(InterfacePattern("zt0")))
    try stage.receive(Stage.question())
    try stage.test.pass()
    #expect(stage.ruleSockets.sent.count == 2)
  }

  @Test func `the kernel's answers go back to the engine`() throws {
    let performer = FakePerformer()
    let stage = try Stage(.auto, performer: performer)
    performer.route = .onLink(InterfaceIndex(3))
    try stage.receive(Stage.question())
    #expect(performer.actions == [.lookUpRoute(Stage.target, from: InterfaceIndex(2))])
    #expect(Stage.solicitation(stage.ruleSockets.sent.first?.frame)?.target == Stage.target)
  }

  /// What a kernel may say of a target, and what becomes then of two questions for it.
  static let conclusions: [(Ruleset.Method, Location, Route?, [Outcome])] = [
    (.interface(InterfacePattern("zt0")), .elsewhere, nil, [.asked, .waiting]),
    (
      .interface(InterfacePattern("zt0")), .neighbor, nil,
      [.ignored(.targetUpstream), .ignored(.targetUpstream)]
    ),
    (.auto, .elsewhere, .onLink(InterfaceIndex(3)), [.asked, .waiting]),
    (.auto, .elsewhere, .local, [.answered, .answered]),
    (.auto, .elsewhere, .unreachable, [.ignored(.noRoute), .ignored(.targetFailed)]),
    (.auto, .elsewhere, nil, [.ignored(.routeLookupFailed), .ignored(.routeLookupFailed)]),
  ]

  @Test(arguments: conclusions)
  func `what the kernel says decides what became of a question`(
    method: Ruleset.Method, location: Location, route: Route?, outcomes: [Outcome]
  ) throws {
    let performer = FakePerformer()
    (performer.location, performer.route) = (location, route)
    let stage = try Stage(method, performer: performer)
    let observer = FakeObserver()
    stage.path.add(observer)
    // The second is handled after all that the first led to.
    try stage.receive(Stage.question(), Stage.question())
    #expect(observer.received.map(\.outcome) == outcomes)
    let recent = stage.path.recent.entries(about: Stage.target, limit: 8)
    #expect(recent.map(\.outcome) == outcomes.reversed())
  }

  @Test(arguments: [false, true])
  func `an observer sees frames with what became of them`(isWatched: Bool) throws {
    let stage = try Stage(.static)
    let observer = FakeObserver()
    if isWatched { stage.path.add(observer) }
    try stage.receive(Stage.question(), [0, 1, 2], Stage.question(for: Stage.asker))
    // The answer is the same, whoever looks.
    #expect(stage.sockets.sent.count == 1)
    #expect(Stage.advertisement(stage.sockets.sent[0])?.target == Stage.target)
    guard isWatched else { return #expect(observer.received.isEmpty) }
    #expect(observer.received.map(\.octets) == [86, 3, 86])
    #expect(observer.received.first?.outcome == .answered)
    #expect(observer.received.dropFirst().allSatisfy { $0.outcome != .answered })
    #expect(observer.sentCount == 1)
    #expect(observer.flushes > 0)
    stage.path.remove(observer)
    try stage.receive(Stage.question())
    #expect(observer.received.count == 3)
    #expect(stage.sockets.sent.count == 2)
  }

  @Test func `a frame that is too long is none`() throws {
    let stage = try Stage(.static)
    stage.sockets.truncatesIncoming = true
    try stage.receive(Stage.question())
    #expect(stage.sockets.sent.isEmpty)
    #expect(stage.path.engine.counters.total[.truncatedFrame] == 1)
  }

  @Test func `an interface that fails is left to netlink`() throws {
    let stage = try Stage(.static)
    stage.sockets.failure = SystemError("receive", .networkDown)
    try stage.receive(Stage.question())
    stage.sockets.failure = nil
    try stage.receive(Stage.question())
    #expect(stage.sockets.sent.count == 1)
  }

  @Test func `a queue that may have run over is looked at once a second`() throws {
    let stage = try Stage(.static)
    stage.sockets.overrun = 7
    stage.sockets.incoming = [[UInt8]](repeating: Stage.question(), count: 200)
    try stage.test.turn(stage.sockets)
    #expect(stage.path.overrunCount == 7)
    stage.sockets.overrun = 5
    try stage.test.turn(stage.sockets)
    #expect(stage.path.overrunCount == 7)
    stage.test.now = stage.test.now + .seconds(1)
    try stage.test.turn(stage.sockets)
    #expect(stage.path.overrunCount == 12)
    #expect(stage.log.warnings.latest.last?.text.hasPrefix("eth0: 7 frames came faster") == true)
  }

  @Test func `nothing is sent on an interface that has gone`() throws {
    let stage = try Stage(.interface(InterfacePattern("zt0")))
    try stage.receive(Stage.question())
    let question = try #require(Stage.solicitation(stage.ruleSockets.sent.first?.frame))
    let port = try #require(stage.ports.all.first)
    stage.ports.close(port)
    try stage.receiveInside(Stage.confirmation(to: question.source))
    #expect(stage.sockets.sent.isEmpty)
  }

  @Test func `a target that was confirmed can be forgotten`() throws {
    let stage = try Stage(.interface(InterfacePattern("zt0")))
    try stage.receive(Stage.question())
    #expect(stage.path.forgetTargets(in: IPv6Prefix("2001:db8:1::/48")!) == 1)
    #expect(stage.path.engine.sessionCount == 0)
  }
}
