import DaemonSupport
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

@testable import ProxyDaemon

/// Interfaces that a test makes up.
final class FakeNews: Thing, InterfaceNews {
  var table = HostTable()
  var changes: [HostChange] = []
  var failure: SystemError?
  private(set) var readCount = 0

  func readTable() throws(SystemError) -> HostTable {
    readCount += 1
    if let failure { throw failure }
    return table
  }

  func receive(_ body: (HostChange) -> Void) throws(SystemError) -> Bool {
    if let failure { throw failure }
    for change in changes {
      _ = table.apply(change)
      body(change)
    }
    changes = []
    return false
  }
}

/// The sockets of one interface: frames put here come in, and frames sent are kept.
final class FakeSockets: Thing, FrameReceiver, FrameSender {
  let index: InterfaceIndex
  var isAttached = true
  var incoming: [[UInt8]] = []
  var truncatesIncoming = false
  var overrun: UInt64 = 0
  var failure: SystemError?
  private(set) var sent: [[UInt8]] = []
  private(set) var isPromiscuous = false
  private(set) var filterCount = 1
  private var waiting: [[UInt8]] = []
  var unsentCount: UInt64 = 0

  init(_ index: InterfaceIndex) { self.index = index }

  func receive(_ body: (RawSpan, Bool) -> Void) throws(SystemError) -> Int {
    if let failure { throw failure }
    let batch = incoming.prefix(PacketSocket.batchSize)
    incoming.removeFirst(batch.count)
    for frame in batch { body(frame.span.bytes, truncatesIncoming) }
    return batch.count
  }

  func receive(_ excess: PacketSocket.Excess, _ isOn: Bool) throws(SystemError) {
    if excess == .promiscuous { isPromiscuous = isOn }
  }

  func setFilter(_ filter: PacketFilter) throws(SystemError) {
    if let failure { throw failure }
    filterCount += 1
  }

  func takeOverrunCount() -> UInt64 {
    defer { overrun = 0 }
    return overrun
  }

  func enqueue(_ encode: (inout MutableRawSpan) -> Int) { waiting.append(encoded(encode)) }

  func flush() {
    sent += waiting
    waiting = []
  }
}

/// The same of all interfaces.
final class FakeRuleSockets: Thing, AllInterfacesReceiver, AnyInterfaceSender {
  var incoming: [(frame: [UInt8], interface: Int32)] = []
  var overrun: UInt64 = 0
  private(set) var sent: [(frame: [UInt8], interface: Int32)] = []
  private(set) var isListening = false
  private var waiting: [(frame: [UInt8], interface: Int32)] = []
  let unsentCount: UInt64 = 0

  func receive(_ filter: PacketFilter) { isListening = true }
  func silence() { isListening = false }

  func receive(_ body: (RawSpan, Bool, Int32) -> Void) -> Int {
    defer { incoming = [] }
    for (frame, interface) in incoming { body(frame.span.bytes, false, interface) }
    return incoming.count
  }

  func takeOverrunCount() -> UInt64 {
    defer { overrun = 0 }
    return overrun
  }

  var isPending: Bool { !waiting.isEmpty }

  func enqueue(on interface: Int32, _ encode: (inout MutableRawSpan) -> Int) {
    waiting.append((encoded(encode), interface))
  }

  func flush() {
    sent += waiting
    waiting = []
  }
}

/// The octets of a frame that a closure writes.
func encoded(_ encode: (inout MutableRawSpan) -> Int) -> [UInt8] { EncodedFrame(encode).octets }

/// Opens sockets that nothing is behind.
final class FakeOpener {
  private(set) var opened: [FakeSockets] = []
  var failure: SystemError?

  func open(
    on index: InterfaceIndex, _ filter: PacketFilter
  ) throws(SystemError) -> (any FrameReceiver, any FrameSender) {
    if let failure { throw failure }
    let sockets = FakeSockets(index)
    opened.append(sockets)
    return (sockets, sockets)
  }
}

/// Takes down what it is told.
final class FakeListener: EventListener {
  private(set) var events: [Event] = []
  private(set) var settleCount = 0

  func take(_ event: Event) { events.append(event) }
  func settle() { settleCount += 1 }
}

extension Link {
  /// An Ethernet interface, running as soon as it is up.
  init(
    _ index: Int32, _ name: String, isUp: Bool = true, master: Int32? = nil,
    alternativeNames: [String] = []
  ) {
    self.init(
      index: index, name: name, linkLayerAddress: .station(UInt8(index)), isUp: isUp,
      isRunning: isUp, master: master, hasNeighborDiscovery: true,
      alternativeNames: alternativeNames)
  }
}

extension MACAddress {
  static func station(_ number: UInt8) -> MACAddress {
    MACAddress(number < 16 ? "02:00:00:00:00:0\(number)" : "02:00:00:00:00:\(number)")!
  }
}

extension Ruleset {
  /// One proxy with one rule each.
  init(_ rules: [(interface: String, method: Method)]) {
    self.init(
      proxies: rules.map {
        Proxy(
          interface: $0.interface,
          rules: [Rule(prefix: IPv6Prefix("2001:db8:1::/48")!, method: $0.method)])
      })
  }
}
