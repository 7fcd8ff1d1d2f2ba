package import DaemonLog
package import EventLoop
import KernelPath
import LinuxNet
import NDPWire
package import ProxyEngine
package import ProxyModel

/// Answers inside the kernel: the program, where it is attached, and what it goes by.
///
/// Where it is not in use, everything is answered by packet sockets. By TCX, everything here goes
/// away with the process, whatever ends it: the kernel has no other reference to it than our
/// descriptors. A filter stays where the process is killed, until the next one takes its place.
package final class KernelAnswers {
  /// Whether it is in use, and why not.
  package private(set) var condition = Condition.off("it has not been started")
  /// Interfaces to which the program could not be attached, with the reason.
  package private(set) var refusals: [InterfaceIndex: String] = [:]
  /// What is answered before that.
  package let early: EarlyAnswers
  /// This host's interfaces, as far as the maps have to know them.
  private var identities = HostIdentities()
  /// Called with frames that the kernel's IPv6 does not get.
  package var whenHanded: (RawSpan, InterfaceIndex, Instant) -> Void = { _, _, _ in }
  /// Called when some of those frames have been handed over.
  package var whenAllHanded: () -> Void = {}
  private var program: LoadedProgram?
  /// Programs that another one is about to replace on their interfaces.
  private var former: [LoadedProgram] = []
  private var links: [InterfaceIndex: (link: any AttachedProgram, program: LoadedProgram)] = [:]
  /// The interfaces whose rules are in the maps, and the proxies that these are of.
  private var ruled: [InterfaceIndex: (proxy: Int, rules: [PublishedRule])] = [:]
  private var isWatched = false
  /// Frames for us that found no room, with programs before this one.
  private var formerLosses: UInt64 = 0
  private var toldLosses: UInt64 = 0
  private var nextLossCount = Instant(nanoseconds: 0)
  private let loop: EventLoop
  private let log: Log

  /// Whether the program is in use.
  package enum Condition: Equatable {
    case on
    /// For this reason.
    case off(String)
  }

  package init(loop: EventLoop, log: Log, name: @escaping (InterfaceIndex) -> String) {
    self.loop = loop
    self.log = log
    early = EarlyAnswers(log: log, name: name)
    loop.add(early)
  }

  deinit { stop("it has ended") }

  /// Whether the program may answer on some interface.
  package var isOn: Bool { program != nil }

  /// Whether the kernel may take a program of this process.
  package static var isPermitted: Bool { Privileges.has(.netAdmin) && Privileges.has(.bpf) }

  /// The commands of bpf(2) by which it works, once system calls are limited.
  package static var systemCallCommands: [CInt] {
    BPFCommand.ofKernelPath.map { CInt($0.rawValue) }
  }

  /// Removes filters that a process which was killed has left on these interfaces: they would go on
  /// answering by its rules, whether the kernel answers for this process or not.
  ///
  /// Not while another daemon runs, which may need them. Where the kernel has TCX, there are none.
  package func removeLeftovers(on interfaces: some Sequence<Int32>) {
    if let program, program.hook != .filter { return }
    guard Privileges.has(.netAdmin), let filters = try? IngressFilters() else { return }
    for interface in interfaces where links[InterfaceIndex(interface)] == nil {
      do {
        try filters.remove(from: interface)
      } catch {
        // A kernel that runs no program may have no filters, either.
        if program == nil { log.debug("\(error)") } else { log.notice("kernel-path: \(error)") }
      }
    }
  }

  // MARK: Beginning and end

  /// Loads a program for so many rules and targets, in place of any other; the interfaces stay
  /// attached, and every packet meets one of the two programs.
  ///
  /// It answers nothing until `update` has said where. Where it cannot be loaded, nothing is
  /// answered in the kernel any more, and `condition` says why.
  ///
  /// A filter stays where the daemon is killed, and is used only where that is asked for.
  package func load(
    rules: Int, targets: Int, interfaces: [Interface], mayUseFilters: Bool, inDrivers: Bool
  ) {
    guard Self.isPermitted else {
      return stop("it needs the capabilities CAP_BPF and CAP_NET_ADMIN")
    }
    guard !BootClock.isShifted else {
      return stop("programs in the kernel have another clock than this time namespace")
    }
    let loaded: LoadedProgram
    do {
      let capacity = AnswerCapacity(rules: rules, targets: targets)
      loaded = try LoadedProgram(capacity, inDrivers: inDrivers) { [owner = Unowned(self)] in
        owner.object.take($0, now: $1)
      }
    } catch {
      return stop(Self.reason(error))
    }
    do {
      guard loaded.hook == .tcx || mayUseFilters else {
        return stop(
          "this kernel has no TCX (Linux 6.6); 'kernel-path yes' uses a filter of tc(8) instead")
      }
      try loaded.maps.setWatched(isWatched)
      try loop.watch(loaded.source)
      if let program { former.append(program) }
      program = loaded
      ruled = [:]
      identities.replace(by: interfaces)
      condition = .on
      early.change(to: loaded.early, loaded.maps)
      if let rejection = loaded.earlyRejection {
        log.warning("kernel-path: no XDP: \(Self.reason(rejection))")
      }
    } catch {
      stop("\(error)")
    }
  }

  private static func reason(_ rejection: BPFProgram.Rejection) -> String {
    switch rejection.error.code {
    case .notPermitted where rejection.log.isEmpty:
      "it needs the capabilities CAP_BPF and CAP_NET_ADMIN"
    case .invalidArgument where rejection.log.isEmpty:
      "this kernel does not have what it needs: \(rejection)"
    default: "\(rejection)"
    }
  }

  /// Answers nothing in the kernel from now on.
  package func stop(_ reason: String) {
    if let program { former.append(program) }
    program = nil
    early.stop()
    links = [:]
    retireFormer()
    ruled = [:]
    refusals = [:]
    identities = HostIdentities()
    condition = .off(reason)
  }

  /// Lets programs go that no interface has any more, once what they have handed over is taken up.
  ///
  /// Call it when `update` has put another one in their place: until then they go on.
  package func retireFormer() {
    let programs = former
    former = []
    for program in programs {
      loop.forget(program.source)
      var batches = HandedFrames.greatestBatchCount
      while batches > 0, take(program.maps.handed, now: loop.now) { batches -= 1 }
      formerLosses += losses(of: program)
    }
  }

  // MARK: What is answered

  /// Takes up what is different about an interface; `update` has the program know it.
  package func take(_ event: Event) {
    if isOn { identities.take(event) }
  }

  /// Goes by these proxy interfaces from now on; `rules` are those of one of them.
  ///
  /// Where the kernel has no room for all that, nothing is answered there.
  package func update(
    _ contents: [AnswerContents], vlanParents: () -> Set<InterfaceIndex>,
    rules: (InterfaceIndex) -> [PublishedRule]
  ) {
    guard let program else { return }
    let proxies = Dictionary(firstOf: contents.map { ($0.interface, $0.proxy) })
    do throws(SystemError) {
      // There is room for the rules of each proxy once. A name may be another interface's by now,
      // and an interface another proxy's.
      for (index, former) in ruled where proxies[index] != former.proxy {
        try program.maps.remove(former.rules.map(AnswerRule.init), on: UInt32(index.rawValue))
        ruled[index] = nil
      }
      for table in contents where ruled[table.interface] == nil {
        let published = rules(table.interface)
        try program.maps.add(
          published.map(AnswerRule.init), on: UInt32(table.interface.rawValue))
        ruled[table.interface] = (table.proxy, published)
      }
      attach(program, to: contents.map { $0.interface })
      early.follow(contents, vlanParents: vlanParents, now: loop.now)
      try program.maps.update(
        contents.filter { links[$0.interface] != nil }.map {
          AnswerLink($0, answersEarly: early.isAnswering(on: $0.interface))
        }, identities.takeChanges())
      // Nothing is answered there any more; to take a program off takes the kernel some time.
      for index in links.keys where proxies[index] == nil { links[index] = nil }
    } catch {
      log.warning("kernel-path: \(error): answering by packet sockets")
      stop("\(error)")
    }
  }

  private func attach(_ program: LoadedProgram, to interfaces: [InterfaceIndex]) {
    let wanted = Set(interfaces)
    refusals = refusals.filter { wanted.contains($0.key) }
    for index in interfaces {
      do throws(SystemError) {
        if let (link, former) = links[index] {
          if former !== program { try link.replace(by: program.program) }
          links[index] = (link, program)
        } else {
          links[index] = (
            try program.hook.attach(program.program, to: index.rawValue), program
          )
        }
        refusals[index] = nil
      } catch {
        links[index] = nil
        if refusals.updateValue("\(error)", forKey: index) == nil {
          log.warning("kernel-path: \(error): packet sockets answer there")
        }
      }
    }
  }

  /// Whether the program answers on an interface.
  package func isAttached(to index: InterfaceIndex) -> Bool { links[index] != nil }

  /// Answers nothing on an interface until the next update.
  package func pause(on index: InterfaceIndex) {
    attempt { (maps) throws(SystemError) in try maps.remove(UInt32(index.rawValue)) }
  }

  /// Takes down that an interface is gone: another one may have its index later.
  package func forget(_ index: InterfaceIndex) {
    pause(on: index)
    links[index] = nil
    early.forget(index)
  }

  /// Attaches anew with the next update where the kernel has removed the program meanwhile.
  package func forgetLostLinks() {
    links = links.filter { $0.value.link.isAttached }
    early.forgetLostLinks()
  }

  /// Goes by the routes of this generation.
  package func setRouteGeneration(_ generation: UInt32) {
    attempt { (maps) throws(SystemError) in try maps.setRouteGeneration(generation) }
  }

  /// Has the daemon see every question while somebody watches.
  package func setWatched(_ isWatched: Bool) {
    self.isWatched = isWatched
    attempt { (maps) throws(SystemError) in try maps.setWatched(isWatched) }
  }

  private func attempt(_ change: (AnswerMaps) throws(SystemError) -> Void) {
    guard let program else { return }
    do {
      try change(program.maps)
    } catch {
      log.warning("kernel-path: \(error): answering by packet sockets")
      stop("\(error)")
    }
  }

  // MARK: Targets

  /// Does what the engine wants of a target, and returns what it is to be told then.
  package func perform(_ action: Action) -> Event? {
    switch action {
    case .publish(let target, let index, let end, let generation):
      guard let program else { return nil }
      do {
        try program.maps.set(
          target, on: UInt32(index.rawValue), until: end.nanoseconds, routesAt: generation)
      } catch {
        // There is no room: the daemon answers for it.
        log.debug("kernel-path: \(error)")
      }
    case .withdraw(let target, let index):
      let usage = try? program?.maps.take(target, on: UInt32(index.rawValue))
      guard let usage, usage.count > 0 else { return .usage(nil, of: target, on: index) }
      return .usage(
        AnswerUsage(asked: Instant(nanoseconds: usage.asked), count: usage.count), of: target,
        on: index)
    default: break
    }
    return nil
  }

  // MARK: Numbers

  /// Hands over how often targets of each rule were answered for since the last time.
  ///
  /// Costs the number of rules, some 30 ns each.
  package func takeCounts(_ body: (_ count: UInt64, _ index: InterfaceIndex, _ rule: Int) -> Void) {
    guard let program,
      let counts = try? program.maps.answerCounts(processors: PossibleProcessors.count)
    else { return }
    for (index, (_, rules)) in ruled {
      take(rules, of: program, on: index, { counts[$0] }, body)
    }
  }

  /// The same of the rules of one interface, some microseconds each.
  package func takeCounts(
    on index: InterfaceIndex,
    _ body: (_ count: UInt64, _ index: InterfaceIndex, _ rule: Int) -> Void
  ) {
    guard let program, let rules = ruled[index]?.rules else { return }
    let processors = PossibleProcessors.count
    take(
      rules, of: program, on: index,
      { (try? program.maps.answerCount(ofRule: $0, processors: processors)) ?? 0 }, body)
  }

  private func take(
    _ rules: [PublishedRule], of program: LoadedProgram, on index: InterfaceIndex,
    _ counted: (Int) -> UInt64, _ body: (UInt64, InterfaceIndex, Int) -> Void
  ) {
    for rule in rules where rule.method != .excluded {
      let (count, taken) = (counted(rule.position), program.taken[rule.position])
      guard count > taken else { continue }
      body(count - taken, index, rule.position)
      program.taken[rule.position] = count
    }
  }

  /// How many frames that the kernel's IPv6 did not get found no room in the ring.
  package var lossCount: UInt64 { formerLosses + (program.map(losses) ?? 0) }

  private func losses(of program: LoadedProgram) -> UInt64 {
    (try? program.maps.lossCount(processors: PossibleProcessors.count)) ?? 0
  }

  /// The interfaces to which the program is attached.
  package var interfaces: [InterfaceIndex] { links.keys.sorted { $0.rawValue < $1.rawValue } }

  /// Takes up one batch of frames; whether there were any.
  @discardableResult
  private func take(_ handed: HandedFrames, now: Instant) -> Bool {
    let count = handed.receive { whenHanded($0, InterfaceIndex($1), now) }
    if count == HandedFrames.batch, now >= nextLossCount { tellLosses(now: now) }
    if count > 0 { whenAllHanded() }
    return count > 0
  }

  /// Warns of frames that found no room, where there are some since the last time.
  private func tellLosses(now: Instant) {
    nextLossCount = now + .seconds(1)
    let count = lossCount
    guard count > toldLosses else { return }
    log.warnSparingly(
      "kernel-path: \(count - toldLosses) solicitations came faster than they could be taken")
    toldLosses = count
  }
}
