import DaemonLog
import EventLoop
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

/// Keeps the targets that were solicited in a file, so that they are known after a restart.
///
/// The file is written at the end, and soon after something new was noted; but no more often than
/// once in `interval`.
final class KeptTargets: Timed {
  private(set) var nextDeadline: Instant?
  /// Where; `nil` for nowhere.
  private var file: String?
  private var writtenCount: UInt64 = 0
  private let path: PacketPath
  private let log: Log
  private let loop: EventLoop

  private static let interval = Duration.seconds(60)
  /// How long what is new is gathered.
  private static let patience = Duration.seconds(5)
  private var lastWrite: Instant?

  init(path: PacketPath, loop: EventLoop, log: Log) {
    self.path = path
    self.loop = loop
    self.log = log
    loop.add(self)
    loop.atTurnEnd { [unowned self] in plan() }
  }

  /// Has the file written some time after something new.
  private func plan() {
    guard file != nil, nextDeadline == nil, path.engine.rememberedChangeCount != writtenCount else {
      return
    }
    let soon = loop.now + Self.patience
    nextDeadline = lastWrite.map { max(soon, $0 + Self.interval) } ?? soon
  }

  /// Takes up what a former process has kept.
  func read(_ file: String?) {
    self.file = file
    guard let file else { return }
    guard RegularFile.exists(file) else { return }
    do {
      let octets = try RegularFile(file, limit: TargetList.octetLimit, isRequired: true).octets
      guard let targets = TargetList.targets(in: octets) else {
        return log.warning("keep-targets: \(file) is damaged, and is ignored")
      }
      path.remember(targets)
      writtenCount = path.engine.rememberedChangeCount
      log.info("keep-targets: \(targets.count) targets were solicited before the restart")
    } catch {
      log.warning("keep-targets: \(error)")
    }
  }

  /// Keeps targets in another file from now on, or in none.
  func change(to file: String?) {
    guard file != self.file else { return }
    self.file = file
    writtenCount = 0
    nextDeadline = nil
  }

  func handleTimeout(now: Instant) {
    nextDeadline = nil
    lastWrite = now
    write()
  }

  /// Writes what is new, if anything is; at the end of the daemon, so that it outlasts the host.
  func write(isEnd: Bool = false) {
    let count = path.engine.rememberedChangeCount
    guard let file, count != writtenCount else { return }
    do {
      // Answers do not wait for a disk.
      try ReplacedFile.write(
        TargetList.text(of: path.engine.rememberedTargets), to: file, durable: isEnd)
      writtenCount = count
    } catch {
      log.warnSparingly("keep-targets: \(error)")
    }
  }
}

/// The text of the file: a first line, one for each target, and a last line with their number.
enum TargetList {
  /// What is read at the most.
  static let octetLimit = 8 << 20

  private static let head = "ndpproxy-targets 1"

  static func text(of targets: [RememberedTarget]) -> [UInt8] {
    var text = head + "\n"
    var count = 0
    for target in targets where text.utf8.count < octetLimit - 1000 {
      text += "\(target.proxy) \(target.target)"
      for solicitor in target.solicitors {
        text += " \(solicitor.address) \(solicitor.linkLayerAddress)"
      }
      text += "\n"
      count += 1
    }
    return Array((text + "end \(count)\n").utf8)
  }

  /// `nil` where it is not such a text, or a part of one.
  static func targets(in octets: [UInt8]) -> [RememberedTarget]? {
    guard octets.count <= octetLimit, let text = String(validating: octets, as: UTF8.self),
      text.hasSuffix("\n")
    else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard lines.count >= 2, lines.first == head[...], lines.last == "end \(lines.count - 2)" else {
      return nil
    }
    var targets: [RememberedTarget] = []
    for line in lines.dropFirst().dropLast() {
      guard let target = RememberedTarget(line) else { return nil }
      targets.append(target)
    }
    return targets
  }
}

extension RememberedTarget {
  fileprivate init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 2, words.count.isMultiple(of: 2), words.count <= 18, !words[0].isEmpty,
      let target = IPv6Address(words[1])
    else { return nil }
    var solicitors: [Solicitor] = []
    for place in stride(from: 2, to: words.count, by: 2) {
      guard let address = IPv6Address(words[place]),
        let station = MACAddress(String(words[place + 1])),
        !address.isMulticast, !address.isUnspecified, !station.isMulticast
      else { return nil }
      solicitors.append(Solicitor(address: address, linkLayerAddress: station))
    }
    self.init(proxy: String(words[0]), target: target, solicitors: solicitors)
  }
}
