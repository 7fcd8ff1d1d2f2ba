import NDPWire
import ProxyModel
import TestSupport
import Testing

@testable import ProxyEngine

/// The table beside a dictionary and lists that are looked through.
struct SessionTableTests {
  @Test func `a session takes what the limits are told by`() {
    #expect(MemoryLayout<Session?>.stride == 144)
  }

  @Test(arguments: 0..<10)
  func `everything is found, by key, by target and by worth`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var table = SessionTable()
    var oracle = HorribleSessionTable()
    for step in 0..<3000 {
      let key = SessionKey(
        proxy: .random(in: 0..<4, using: &generator),
        target: IPv6Address(bits: .random(in: 0..<100, using: &generator)))
      let now = Instant(nanoseconds: UInt64(step))
      switch (table.position(of: key), Int.random(in: 0..<4, using: &generator)) {
      case (nil, _):
        _ = table.insert(Session(key: key, begun: now, deadline: now))
        oracle.insert(key)
      case (let position?, 0):
        table.remove(position)
        oracle.remove(key)
      case (let position?, 1):
        table.touch(position)
        oracle.touch(key)
      case (let position?, 2):
        table[position].confirmed = Bool.random(using: &generator) ? now : nil
        table.relist(position)
        oracle.change(key, table[position].precedence)
      case (let position?, _):
        #expect(table[position].key == key)
      }
      #expect(table.count == oracle.entries.count)
      #expect(
        table.proxies(of: key.target)
          == oracle.entries.map(\.key).filter { $0.target == key.target }.map(\.proxy).sorted())
      #expect(table.leastWorthy.map { table[$0].key } == oracle.leastWorthy)
    }
    let keys = Set(table.takenPositions.map { table[$0].key })
    #expect(keys == Set(oracle.entries.map(\.key)))
  }

  @Test func `other keys are found after a renaming`() {
    var table = SessionTable()
    for number in 0..<100 {
      let key = SessionKey(proxy: 0, target: IPv6Address(bits: UInt128(number)))
      _ = table.insert(
        Session(
          key: key, begun: Instant(nanoseconds: 0), deadline: Instant(nanoseconds: 1)))
    }
    table.rename { SessionKey(proxy: 7, target: $0.target) }
    for number in 0..<100 {
      let target = IPv6Address(bits: UInt128(number))
      #expect(table.position(of: SessionKey(proxy: 7, target: target)) != nil)
      #expect(table.position(of: SessionKey(proxy: 0, target: target)) == nil)
    }
  }
}

extension SessionTable {
  /// The proxies that have a session for a target, as they are handed out.
  fileprivate func proxies(of target: IPv6Address) -> [Int] {
    var proxies: [Int] = []
    var siblings = sessions(of: target)
    while let position = siblings.next(in: self) { proxies.append(self[position].key.proxy) }
    return proxies
  }
}

/// The same, one entry after the other, the least lately used first.
private struct HorribleSessionTable {
  struct Entry {
    let key: SessionKey
    var precedence = Session.Precedence.stranger
  }

  var entries: [Entry] = []

  mutating func insert(_ key: SessionKey) { entries.append(Entry(key: key)) }

  mutating func remove(_ key: SessionKey) { entries.removeAll { $0.key == key } }

  mutating func touch(_ key: SessionKey) {
    let entry = entries.remove(at: entries.firstIndex { $0.key == key }!)
    entries.append(entry)
  }

  mutating func change(_ key: SessionKey, _ precedence: Session.Precedence) {
    let position = entries.firstIndex { $0.key == key }!
    guard entries[position].precedence != precedence else { return }
    entries[position].precedence = precedence
    touch(key)
  }

  var leastWorthy: SessionKey? {
    func first(_ precedence: Session.Precedence) -> SessionKey? {
      entries.first { $0.precedence == precedence }?.key
    }
    let strangers = entries.count { $0.precedence == .stranger }
    if strangers * 4 < entries.count, let stale = first(.stale) { return stale }
    if strangers * 16 < entries.count, let confirmed = first(.confirmed) { return confirmed }
    return first(.stranger) ?? first(.stale) ?? first(.confirmed)
  }
}
