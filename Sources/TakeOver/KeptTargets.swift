package import DaemonLog
package import EventLoop
import LinuxNet
package import ProxyEngine
package import ProxyModel

/// The engine, as far as it remembers which targets were solicited.
package protocol TargetMemory: AnyObject {
  /// Another number for everything that is remembered.
  var rememberedChangeCount: UInt64 { get }

  /// The targets, that which was solicited last first.
  var rememberedTargets: [RememberedTarget] { get }

  /// Remembers targets from before.
  func remember(_ targets: [RememberedTarget])
}

/// Keeps the targets that were solicited in a file, so that they are known after a restart.
///
/// The file is written at the end, and soon after something new was noted; but no more often than
/// once in `interval`.
package final class KeptTargets: Timed {
  private var nextWrite: Instant?
  /// Where; `nil` for nowhere.
  private var file: String?
  private var writtenCount: UInt64 = 0
  private let memory: any TargetMemory
  private let log: Log
  private let loop: EventLoop

  private static let interval = Duration.seconds(60)
  /// How long what is new is gathered.
  private static let patience = Duration.seconds(5)
  private var lastWrite: Instant?

  package init(memory: any TargetMemory, loop: EventLoop, log: Log) {
    self.memory = memory
    self.loop = loop
    self.log = log
    loop.add(self)
    loop.atTurnEnd { [owner = Unowned(self)] in owner.object.plan() }
  }

  /// Has the file written some time after something new.
  private func plan() {
    guard file != nil, nextWrite == nil, memory.rememberedChangeCount != writtenCount else {
      return
    }
    let soon = loop.now + Self.patience
    nextWrite = lastWrite.map { max(soon, $0 + Self.interval) } ?? soon
  }

  /// Takes up what a former process has kept.
  package func read(_ file: String?) {
    self.file = file
    guard let file else { return }
    guard RegularFile.exists(file) else { return }
    do {
      let octets = try RegularFile(file, limit: TargetList.octetLimit, isRequired: true).octets
      guard TargetList.isOurs(octets) else {
        return log.warning(
          "keep-targets: \(file) is another kind of file, and is left as it is; name another path")
      }
      guard let targets = TargetList.targets(in: octets) else {
        return log.warning("keep-targets: \(file) is damaged, and is ignored")
      }
      memory.remember(targets)
      writtenCount = memory.rememberedChangeCount
      log.info("keep-targets: \(targets.count) targets were solicited before the restart")
    } catch {
      log.warning("keep-targets: \(error)")
    }
  }

  /// Keeps targets in another file from now on, or in none.
  package func change(to file: String?) {
    guard file != self.file else { return }
    self.file = file
    writtenCount = 0
    nextWrite = nil
  }

  /// When what is new is written.
  package var nextDeadline: Instant? { nextWrite }

  /// Writes what is new.
  package func handleTimeout(now: Instant) {
    nextWrite = nil
    lastWrite = now
    write()
  }

  /// Writes what is new, if anything is; at the end of the daemon, so that it outlasts the host.
  package func write(isEnd: Bool = false) {
    let count = memory.rememberedChangeCount
    guard let file, count != writtenCount else { return }
    do {
      // Answers do not wait for a disk.
      try ReplacedFile.write(
        TargetList.text(of: memory.rememberedTargets), to: file,
        headLength: TargetList.nameLength, durable: isEnd)
      writtenCount = count
    } catch {
      log.warnSparingly("keep-targets: \(error)")
    }
  }
}
