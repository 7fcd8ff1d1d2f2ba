import NDPWire
import ProxyEngine
import ProxyModel

/// The program in a gateway's kernel: it answers for what the engine has published.
struct KernelProgram {
  /// What it does wrong, if anything.
  let mutant: Mutant?
  private var targets: [Key: Target] = [:]

  init(mutant: Mutant? = nil) { self.mutant = mutant }

  private struct Key: Hashable {
    let target: IPv6Address
    let index: InterfaceIndex
  }

  private struct Target {
    let end: Instant
    let routeGeneration: UInt32?
    var usage: AnswerUsage?
  }

  mutating func publish(
    _ target: IPv6Address, on index: InterfaceIndex, until end: Instant,
    routesAt generation: UInt32?
  ) {
    targets[Key(target: target, index: index)] = Target(end: end, routeGeneration: generation)
  }

  /// Answers for a target no longer; returns how often that was done.
  mutating func withdraw(_ target: IPv6Address, on index: InterfaceIndex) -> AnswerUsage? {
    let key = Key(target: target, index: index)
    defer { if mutant != .answersWithdrawn { targets[key] = nil } }
    return targets[key]?.usage
  }

  /// Whether a target is answered for now.
  func has(
    _ target: IPv6Address, on index: InterfaceIndex, now: Instant, routesAt generation: UInt32
  ) -> Bool {
    guard let known = targets[Key(target: target, index: index)] else { return false }
    return now < known.end && known.routeGeneration ?? generation == generation
  }

  /// Takes down that somebody was answered.
  mutating func count(_ target: IPv6Address, on index: InterfaceIndex, now: Instant) {
    let key = Key(target: target, index: index)
    let count = targets[key]?.usage?.count ?? 0
    targets[key]?.usage = AnswerUsage(asked: now, count: count + 1)
  }
}

extension World {
  /// Answers a question in the kernel, if its program would; the engine does not hear of it.
  func isAnsweredInKernel(
    _ frame: EthernetFrame<NeighborSolicitation>, on index: InterfaceIndex, at gateway: Gateway
  ) -> Bool {
    guard gateway.program != nil else { return false }
    let target = frame.message.target
    let isPublished =
      gateway.program?.has(
        target, on: index, now: now, routesAt: gateway.engine.routeGeneration) == true
    if isPublished { judge.checkPublished(target, on: index, at: gateway) }
    guard let plain = gateway.engine.plainAnswer(to: frame, on: index),
      !plain.isConditional || isPublished, gateway.engine.mayPublish(plain)
    else { return false }
    judge.hear(.solicitation(frame, on: index), at: gateway)
    if plain.isConditional { gateway.program?.count(target, on: index, now: now) }
    gateway.engine.countAnswers(1, on: index, rule: plain.rule)
    figures.programAnswers += 1
    judge.startStep()
    figures.advertisements += 1
    emit(plain.frame.octets, on: index, at: gateway)
    judge.endStep(of: gateway)
    return true
  }
}

extension Judge {
  /// What the kernel answers for has to be what the engine would answer for.
  func checkPublished(_ target: IPv6Address, on index: InterfaceIndex, at gateway: Gateway) {
    let summary = gateway.engine.sessionSummary(of: target, solicitedOn: index)
    let isKnown = summary?.state == .reachable || summary?.state == .probing
    require(
      isKnown && summary?.isSecondHand == false, .evidence,
      "the kernel of \(gateway.name) answers for \(target), of which the engine knows "
        + "\(summary.map { "\($0)" } ?? "nothing")")
  }
}
