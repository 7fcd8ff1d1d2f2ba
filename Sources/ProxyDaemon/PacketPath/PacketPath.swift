import DaemonLog
import EventLoop
import Inspection
import InterfaceSockets
import KernelAnswering
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// Frames come in, and what the engine makes of them goes out.
final class PacketPath: Timed, EventListener {
  var engine: Engine
  /// How long it took to answer those who did not have to wait for a target.
  var latency = LatencyHistogram()
  /// The messages that came last.
  private(set) var recent = RecentMessages()
  /// Reused for every event, so that answering allocates nothing.
  var actions: [Action] = []
  /// Those that are being performed.
  private var performing: [Action] = []
  /// Ports on which frames wait to be sent.
  private var pending: [Port] = []
  /// The routes by which the kernel goes.
  var publishedGeneration: UInt32?
  /// The ports on whose interfaces it answers.
  var publishedPorts: UInt64 = 0
  /// Whether other rules are about to count there.
  var isKernelPaused = false
  private var coalescing = ReceiveCoalescing()
  var observers: [any FrameObserver] = []
  let ports: Ports
  private let ruleLinks: RuleLinks
  let host: Host
  /// Who does what the engine wants besides sending.
  private let performer: any ActionPerformer
  /// Who answers in the kernel, where that is wanted.
  let kernel: KernelAnswers

  init(
    _ engine: consuming Engine, ports: Ports, ruleLinks: RuleLinks, host: Host,
    performer: any ActionPerformer, kernel: KernelAnswers
  ) {
    self.engine = engine
    self.ports = ports
    self.ruleLinks = ruleLinks
    self.host = host
    self.performer = performer
    self.kernel = kernel
    actions.reserveCapacity(PacketSocket.batchSize)
    performing.reserveCapacity(PacketSocket.batchSize)
  }

  /// Takes up frames as they come from now on.
  func start() throws(SystemError) {
    let owner = Unowned(self)
    ports.whenReady = { [owner] in owner.object.receive(from: $0, now: $1) }
    kernel.whenHanded = { [owner] in owner.object.receiveHanded($0, on: $1, now: $2) }
    kernel.whenAllHanded = { [owner] in owner.object.settle() }
    kernel.early.send = { [ports] frame, index in
      guard let port = ports[index] else { return }
      port.enqueue { span in
        for (place, octet) in frame.enumerated() {
          span.storeBytes(of: octet, toByteOffset: place, as: UInt8.self)
        }
        return frame.count
      }
      port.flush()
    }
    kernel.early.whenChanged = { [owner] in
      owner.object.engine.republishAnswers()
      owner.object.settle()
    }
    let loop = ports.loop
    loop.add(self)
    try loop.watch(
      DescriptorSource(ruleLinks.receiver) { [owner] in owner.object.receiveFromRuleLinks(now: $0) }
    )
    // What comes fast gathers meanwhile.
    loop.atTurnEnd { [owner] in
      if owner.object.coalescing.takePause() { BootClock.sleep(for: ReceiveCoalescing.pause) }
    }
  }

  var nextDeadline: Instant? { engine.nextDeadline }

  func handleTimeout(now: Instant) {
    engine.handleTimeout(now: now, into: &actions)
    settle()
  }

  /// Has somebody see every frame from now on.
  func add(_ observer: any FrameObserver) {
    if !observers.contains(where: { $0 === observer }) { observers.append(observer) }
    kernel.setWatched(true)
  }

  /// Shows somebody nothing more.
  func remove(_ observer: any FrameObserver) {
    observers.removeAll { $0 === observer }
    if observers.isEmpty { kernel.setWatched(false) }
  }
}

// MARK: - Receiving

extension PacketPath {
  func receive(from port: Port, now: Instant) {
    let observers = observers
    let index = port.index
    let wasPending = port.isPending
    receive(now: now, nextLossCount: port.nextLossCount) {
      (engine, actions, recent) throws(SystemError) in
      let count = try port.receiver.receive { frame, isTruncated in
        Self.take(
          frame, isTruncated, on: index, &engine, &actions, &recent, now: now,
          observers: observers, ask: answer(to:), answeringOn: port)
      }
      if port.isPending, !wasPending { pending.append(port) }
      return count
    } overrun: {
      port.nextLossCount = $0
      ports.countLosses(of: port)
    }
  }

  /// Takes up advertisements, whichever interface they come on.
  private func receiveFromRuleLinks(now: Instant) {
    let observers = observers
    receive(now: now, nextLossCount: ruleLinks.nextLossCount) {
      (engine, actions, recent) throws(SystemError) in
      try ruleLinks.receiver.receive { frame, isTruncated, index in
        Self.take(
          frame, isTruncated, on: InterfaceIndex(index), &engine, &actions, &recent, now: now,
          observers: observers, ask: answer(to:))
      }
    } overrun: {
      ruleLinks.nextLossCount = $0
      ruleLinks.countLosses()
    }
  }

  /// Takes up a frame that the kernel's IPv6 does not get; answers go where others go.
  private func receiveHanded(_ frame: RawSpan, on index: InterfaceIndex, now: Instant) {
    Self.take(
      frame, false, on: index, &engine, &actions, &recent, now: now, observers: observers,
      ask: answer(to:))
  }

  /// Reads a batch of frames, and does what the engine makes of them.
  ///
  /// What changes is in the arguments of `read`: so that nobody else changes it is checked once for
  /// a batch, and not at every step of every frame (SE-0176).
  private func receive(
    now: Instant, nextLossCount: Instant,
    _ read: (inout Engine, inout [Action], inout RecentMessages) throws(SystemError) -> Int,
    overrun: (Instant) -> Void
  ) {
    let answered = engine.counters.advertised
    let waited = engine.counters.waits.count
    do {
      let count = try read(&engine, &actions, &recent)
      coalescing.add(count, now: now)
      // Where a queue has run over, there is at least one batch in it.
      if count == PacketSocket.batchSize, now >= nextLossCount { overrun(now + .seconds(1)) }
    } catch {
      // The interface went down or away; netlink says which, and what to do.
      ports.log.debug("\(error)")
    }
    settle()
    // Of those who waited, the engine has counted how long.
    let newWaits = engine.counters.waits.count - waited
    let newAnswers = engine.counters.advertised - answered
    guard newAnswers > newWaits else { return }
    latency.add(ports.loop.now.nanoseconds - now.nanoseconds, times: newAnswers - newWaits)
  }

  /// Hands one frame to the engine, and with it what the kernel says of its target.
  ///
  /// Plain questions are answered on `port` right away, unless somebody looks.
  private static func take(
    _ frame: RawSpan, _ isTruncated: Bool, on index: InterfaceIndex, _ engine: inout Engine,
    _ actions: inout [Action], _ recent: inout RecentMessages, now: Instant,
    observers: [any FrameObserver], ask: (Action) -> KernelAnswer?,
    answeringOn port: Port? = nil
  ) {
    let event: Event
    do throws(DropReason) {
      guard !isTruncated else { throw .truncatedFrame }
      switch try NeighborDiscoveryFrame(decoding: frame) {
      case .solicitation(let question):
        if observers.isEmpty, let port,
          let answer = engine.answer(question, on: index, now: now)
        {
          recent.add(question, .answered, on: index, at: now)
          return port.enqueue { answer.encode(into: &$0) }
        }
        event = .solicitation(question, on: index)
      case .advertisement(let advertisement): event = .advertisement(advertisement, on: index)
      }
    } catch {
      event = .malformed(error, on: index)
    }
    let start = actions.count
    let first = engine.handle(event, now: now, into: &actions)
    let outcome = answerQuestions(&engine, &actions, from: start, ask) ?? first
    recent.add(event, outcome, at: now)
    for observer in observers {
      observer.received(frame, as: event, outcome, on: index, now: now)
    }
  }

  /// Tells the engine what the kernel says to its questions; returns what became of the message
  /// that led to them.
  private static func answerQuestions(
    _ engine: inout Engine, _ actions: inout [Action], from start: Int,
    _ ask: (Action) -> KernelAnswer?
  ) -> Outcome? {
    var outcome: Outcome?
    var place = start
    while place < actions.count {
      guard let answer = ask(actions[place]) else {
        place += 1
        continue
      }
      actions.remove(at: place)
      let conclusion = engine.handle(answer.event, now: answer.at, into: &actions)
      if conclusion != .noted { outcome = conclusion }
    }
    return outcome
  }

  private typealias KernelAnswer = (event: Event, at: Instant)

  /// What the kernel says, without a look at the engine, which may be at work.
  private func answer(to question: Action) -> KernelAnswer? {
    performer.answer(to: question).map { ($0, ports.loop.now) }
  }

  /// Takes up what all sockets lost, and what was answered in the kernel.
  func takeUpCounts() {
    takeKernelCounts()
    for port in ports.all { ports.countLosses(of: port) }
    ruleLinks.countLosses()
  }

  /// How many frames came faster than they were taken.
  var overrunCount: UInt64 {
    ports.overrunCount + ruleLinks.overrunCount + kernel.lossCount
  }

  /// How many frames could not be sent: an interface was down or gone, or had no room.
  var unsentCount: UInt64 { ports.unsentCount + ruleLinks.sender.unsentCount }
}

// MARK: - Doing

extension PacketPath {
  /// Tells the engine; what it wants is done with the next `settle`.
  func take(_ event: Event) {
    switch event {
    case .interfaceRemoved(let index):
      if kernel.isAttached(to: index) {
        kernel.takeCounts(on: index, takeKernelCount)
        kernel.forget(index)
        engine.republishAnswers()
      }
    case .interfacesRead: kernel.forgetLostLinks()
    default: break
    }
    kernel.take(event)
    engine.handle(event, now: ports.loop.now, into: &actions)
    // Where the kernel answers, it must not do so any longer than we say; `settle` has it go on.
    if case .interfaceChanged(let interface) = event, kernel.isAttached(to: interface.index),
      !engine.areAnswersPublished
    {
      kernel.pause(on: interface.index)
      kernel.early.repeatTest(on: interface.index, now: ports.loop.now)
    }
  }

  /// Remembers targets that were solicited before a restart.
  func remember(_ targets: [RememberedTarget]) { engine.remember(targets) }

  /// Forgets every target within a prefix; returns how many there were.
  func forgetTargets(in prefix: IPv6Prefix) -> Int {
    let count = engine.forgetTargets(in: prefix, into: &actions)
    settle()
    return count
  }

  /// Does what the engine wants, including what it wants in answer to that, and sends it all.
  func settle() {
    while !actions.isEmpty {
      _ = Self.answerQuestions(&engine, &actions, from: 0, answer(to:))
      swap(&actions, &performing)
      for action in performing { perform(action) }
      performing.removeAll(keepingCapacity: true)
    }
    publishAnswers()
    for port in pending { port.flush() }
    pending.removeAll(keepingCapacity: true)
    if ruleLinks.sender.isPending { ruleLinks.sender.flush() }
    if observers.isEmpty { return }
    let now = ports.loop.now
    for observer in observers { observer.didSend(now: now) }
  }

  private func perform(_ action: Action) {
    switch action {
    case .advertise(let frame, let index):
      guard let port = ports[index] else { return }
      for observer in observers { observer.willSend(action) }
      if !port.isPending { pending.append(port) }
      port.enqueue { frame.encode(into: &$0) }
    case .solicit(let frame, let index):
      for observer in observers { observer.willSend(action) }
      ruleLinks.sender.enqueue(on: index.rawValue) { frame.encode(into: &$0) }
    case .reportMissingSource(let index):
      ports.log.warning(
        """
        \(host.name(of: index)): it has no usable source address: nothing is sent there; \
        see 'ip -6 address' for one that is neither tentative nor failed, and the key \
        'source'
        """)
    case .reportConflict(let target, let claimant, let index):
      let trouble =
        engine.isProxyInterface(index)
        ? "for which ndpproxy answers: is another gateway active, too?"
        : "which another host has confirmed"
      ports.log.warnSparingly("\(host.name(of: index)): \(claimant) claims \(target), \(trouble)")
    case .publish, .withdraw:
      if let event = kernel.perform(action) { take(event) }
    case .installHostRoute, .removeHostRoute, .offerNeighbor: performer.perform(action)
    // They have been answered.
    case .lookUpRoute, .locate, .lookUpNeighbor: break
    }
  }
}
