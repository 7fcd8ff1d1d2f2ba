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
  private(set) var engine: Engine
  /// How long it took to answer those who did not have to wait for a target.
  private(set) var latency = LatencyHistogram()
  /// The messages that came last.
  private(set) var recent = RecentMessages()
  /// Reused for every event, so that answering allocates nothing.
  private var actions: [Action] = []
  /// Those that are being performed.
  private var performing: [Action] = []
  /// Ports on which frames wait to be sent.
  private var pending: [Port] = []
  /// The routes by which the kernel goes.
  private var publishedGeneration: UInt32?
  /// The ports on whose interfaces it answers.
  private var publishedPorts: UInt64 = 0
  /// Whether other rules are about to count there.
  private var isKernelPaused = false
  private var coalescing = ReceiveCoalescing()
  private var observers: [any FrameObserver] = []
  private let ports: Ports
  private let ruleLinks: RuleLinks
  private let host: Host
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
          observers: observers, answeringOn: port)
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
          observers: observers)
      }
    } overrun: {
      ruleLinks.nextLossCount = $0
      ruleLinks.countLosses()
    }
  }

  /// Takes up a frame that the kernel's IPv6 does not get; answers go where others go.
  private func receiveHanded(_ frame: RawSpan, on index: InterfaceIndex, now: Instant) {
    Self.take(frame, false, on: index, &engine, &actions, &recent, now: now, observers: observers)
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

  /// Hands one frame to the engine.
  ///
  /// Plain questions are answered on `port` right away, unless somebody looks.
  private static func take(
    _ frame: RawSpan, _ isTruncated: Bool, on index: InterfaceIndex, _ engine: inout Engine,
    _ actions: inout [Action], _ recent: inout RecentMessages, now: Instant,
    observers: [any FrameObserver], answeringOn port: Port? = nil
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
    let outcome = engine.handle(event, now: now, into: &actions)
    recent.add(event, outcome, at: now)
    for observer in observers {
      observer.received(frame, as: event, outcome, on: index, now: now)
    }
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

  /// Goes by other rules, in the kernel as well where that is wanted; returns the proxies whose
  /// `router` stays as it was.
  func replace(_ ruleset: Ruleset, limits: Limits, inKernel mode: KernelPathMode) -> [String] {
    pauseKernel()
    let fixed = engine.replace(ruleset, limits: limits, now: ports.loop.now, into: &actions)
    settle()
    answerInKernel(mode)
    return fixed
  }

  /// Answers in the kernel by the rules that are in force now where that is wanted, and nothing
  /// where it is not.
  func answerInKernel(_ mode: KernelPathMode) {
    pauseKernel()
    if mode == .no {
      kernel.stop("'kernel-path no' is set")
    } else if engine.limits.advertisementsPerSecond != nil {
      kernel.stop("'max-advertisements' is set, so the daemon must receive every solicitation")
    } else {
      kernel.load(
        rules: engine.ruleCount, targets: engine.limits.sessions,
        interfaces: engine.allInterfaces,
        mayUseFilters: mode == .yes || mode == .xdp, inDrivers: mode == .xdp)
    }
    isKernelPaused = false
    kernel.setWatched(!observers.isEmpty)
    if kernel.isOn { engine.setPublishing(true, into: &actions) }
    engine.republishAnswers()
    publishedGeneration = nil
    settle()
    kernel.retireFormer()
    settle()
  }

  /// Has the daemon see every question until `answerInKernel`, and takes up what was counted.
  ///
  /// What is asked meanwhile waits in the sockets, so that nothing is lost or counted twice.
  private func pauseKernel() {
    if isKernelPaused { return }
    isKernelPaused = true
    kernel.setWatched(true)
    takeKernelCounts()
    engine.setPublishing(false, into: &actions)
    settle()
  }

  /// Takes up how often a target was answered for in the kernel.
  func takeUpUsage(of target: IPv6Address) {
    engine.refreshUsage(of: target, into: &actions)
    settle()
  }

  /// The same for the targets that `sessionSummaries` has for these numbers.
  func takeUpUsage(from start: Int, limit: Int) {
    engine.refreshUsage(from: start, limit: limit, into: &actions)
    settle()
  }

  /// Takes up how often questions were answered in the kernel.
  private func takeKernelCounts() {
    kernel.takeCounts(takeKernelCount)
  }

  private func takeKernelCount(_ count: UInt64, on index: InterfaceIndex, rule: Int) {
    engine.countAnswers(count, on: index, rule: rule)
    // A program takes less than the lowest bound.
    latency.add(0, times: count)
  }

  /// Has the kernel know what is answered at once by now.
  private func publishAnswers() {
    guard kernel.isOn, !isKernelPaused else { return }
    if !engine.areAnswersPublished || ports.generation != publishedPorts {
      publishedPorts = ports.generation
      // Where there are no sockets, nobody answers.
      let open = Set(ports.all.map { $0.index })
      let contents = engine.answerContents().filter { open.contains($0.interface) }
      kernel.update(
        contents,
        vlanParents: { [host] in
          Set(host.table.links.values.compactMap { $0.vlanParent }.map(InterfaceIndex.init))
        }
      ) { engine.publishedRules(on: $0) }
    }
    let generation = engine.routeGeneration
    if generation != publishedGeneration {
      publishedGeneration = generation
      kernel.setRouteGeneration(generation)
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
    case .lookUpRoute, .locate, .lookUpNeighbor, .installHostRoute, .removeHostRoute,
      .offerNeighbor:
      if let event = performer.perform(action) { take(event) }
    }
  }
}
