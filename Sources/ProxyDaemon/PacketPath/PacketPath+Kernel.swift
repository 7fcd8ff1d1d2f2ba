import EventLoop
import Inspection
import InterfaceSockets
import KernelAnswering
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// What of the engine is answered in the kernel, and when.

extension PacketPath {
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
  func takeKernelCounts() {
    kernel.takeCounts(takeKernelCount)
  }

  func takeKernelCount(_ count: UInt64, on index: InterfaceIndex, rule: Int) {
    engine.countAnswers(count, on: index, rule: rule)
    // A program takes less than the lowest bound.
    latency.add(0, times: count)
  }

  /// Has the kernel know what is answered at once by now.
  func publishAnswers() {
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
}
