package import DaemonLog
package import EventLoop
package import LinuxNet
package import ProxyModel

/// Runs the programs that proxies have for a take-over and a release.
///
/// Another process runs them, without the daemon's privileges: see `ProgramRunner`. It is there
/// only where the configuration had such programs at the start.
package final class Hooks {
  private var proxies: [Ruleset.Proxy] = []
  /// The proxies that are in force, with programs or without.
  private var active: Set<String> = []
  private var runner: (process: ProgramRunner, source: DescriptorSource)?
  private let loop: EventLoop
  private let log: Log

  package init(loop: EventLoop, log: Log) {
    self.loop = loop
    self.log = log
  }

  /// Makes ready to run programs, if there are any.
  ///
  /// Call it once privileges have been given up, and before system calls are limited.
  package func start() throws(SystemError) {
    guard hasPrograms else { return }
    let process = try ProgramRunner.start()
    let source = DescriptorSource(process) { [owner = Unowned(self)] _ throws(SystemError) in
      try owner.object.takeFailures()
    }
    try loop.watch(source)
    runner = (process, source)
  }

  /// Goes by the programs of these rules from now on; where a proxy leaves that is in force, that
  /// is a release.
  package func change(to ruleset: Ruleset) {
    let names = Set(ruleset.proxies.map { $0.interface })
    for proxy in proxies where !names.contains(proxy.interface) {
      guard active.remove(proxy.interface) != nil else { continue }
      run(proxy.releaseProgram, event: "release", of: proxy.interface)
    }
    proxies = ruleset.proxies.map { proxy in
      var proxy = proxy
      (proxy.rules, proxy.disabledRules) = ([], [])
      return proxy
    }
  }

  /// Takes down which proxies are in force from the start, without a condition; runs nothing.
  package func begin(isInForce: (String) -> Bool) {
    active = Set(proxies.map { $0.interface }.filter(isInForce))
  }

  private var hasPrograms: Bool {
    proxies.contains { !$0.takeOverProgram.isEmpty || !$0.releaseProgram.isEmpty }
  }

  /// Says that programs which came with a reload need a restart, if so.
  package func warnUnlessReady() {
    guard hasPrograms, runner == nil else { return }
    log.warning("'on-take-over' and 'on-release' take a restart, because there were none before")
  }

  /// Takes up which proxies are in force, and runs what is to be run.
  package func update(isInForce: (String) -> Bool) {
    for proxy in proxies {
      let name = proxy.interface
      let isActive = isInForce(name)
      guard isActive != active.contains(name) else { continue }
      if isActive { active.insert(name) } else { active.remove(name) }
      run(
        isActive ? proxy.takeOverProgram : proxy.releaseProgram,
        event: isActive ? "take-over" : "release", of: name)
    }
  }

  private func run(_ program: [String], event: String, of proxy: String) {
    guard !program.isEmpty, let runner else { return }
    let environment = [
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "NDPPROXY_EVENT=\(event)",
      "NDPPROXY_INTERFACE=\(proxy)",
    ]
    do {
      log.info("\(proxy): running \(program[0]) (\(event))")
      if try !runner.process.run(program, environment: environment) {
        log.warning("\(proxy): \(program[0]) is not run: too many programs wait")
      }
    } catch {
      log.warning("\(proxy): \(program[0]) is not run: \(error)")
    }
  }

  private func takeFailures() throws(SystemError) {
    guard let runner else { return }
    guard let failures = try runner.process.takeFailures() else {
      loop.forget(runner.source)
      self.runner = nil
      return log.error("the process that runs programs has ended: no program is run any more")
    }
    for failure in failures { log.warnSparingly(failure) }
  }
}
