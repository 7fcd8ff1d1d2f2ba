package import Inspection
package import InterfaceSockets
package import LinuxNet
package import NDPWire
package import ProxyEngine
package import ProxyModel

/// Interfaces that a test makes up.
package final class FakeNews: Thing, InterfaceNews {
  package var table = HostTable()
  package var changes: [HostChange] = []
  package var failure: SystemError?
  package private(set) var readCount = 0

  package func readTable() throws(SystemError) -> HostTable {
    readCount += 1
    if let failure { throw failure }
    return table
  }

  package func receive(_ body: (HostChange) -> Void) throws(SystemError) -> Bool {
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
package final class FakeSockets: Thing, FrameReceiver, FrameSender {
  package let index: InterfaceIndex
  package var isAttached = true
  package var incoming: [[UInt8]] = []
  package var truncatesIncoming = false
  package var overrun: UInt64 = 0
  package var failure: SystemError?
  package private(set) var sent: [[UInt8]] = []
  package private(set) var isPromiscuous = false
  package private(set) var filterCount = 1
  private var waiting: [[UInt8]] = []
  package var unsentCount: UInt64 = 0

  package init(_ index: InterfaceIndex) { self.index = index }

  package func receive(_ body: (RawSpan, Bool) -> Void) throws(SystemError) -> Int {
    if let failure { throw failure }
    let batch = incoming.prefix(PacketSocket.batchSize)
    incoming.removeFirst(batch.count)
    for frame in batch { body(frame.span.bytes, truncatesIncoming) }
    return batch.count
  }

  package func receive(_ excess: PacketSocket.Excess, _ isOn: Bool) throws(SystemError) {
    if excess == .promiscuous { isPromiscuous = isOn }
  }

  package func setFilter(_ filter: PacketFilter) throws(SystemError) {
    if let failure { throw failure }
    filterCount += 1
  }

  package func takeOverrunCount() -> UInt64 {
    defer { overrun = 0 }
    return overrun
  }

  package func enqueue(_ encode: (inout MutableRawSpan) -> Int) { waiting.append(encoded(encode)) }

  package var isPending: Bool { !waiting.isEmpty }

  package func flush() {
    sent += waiting
    waiting = []
  }
}

/// The same of all interfaces.
package final class FakeRuleSockets: Thing, AllInterfacesReceiver, AnyInterfaceSender {
  package var incoming: [(frame: [UInt8], interface: Int32)] = []
  package var overrun: UInt64 = 0
  package private(set) var sent: [(frame: [UInt8], interface: Int32)] = []
  package private(set) var isListening = false
  private var waiting: [(frame: [UInt8], interface: Int32)] = []
  package let unsentCount: UInt64 = 0

  package func receive(_ filter: PacketFilter) { isListening = true }
  package func silence() { isListening = false }

  package func receive(_ body: (RawSpan, Bool, Int32) -> Void) -> Int {
    defer { incoming = [] }
    for (frame, interface) in incoming { body(frame.span.bytes, false, interface) }
    return incoming.count
  }

  package func takeOverrunCount() -> UInt64 {
    defer { overrun = 0 }
    return overrun
  }

  package var isPending: Bool { !waiting.isEmpty }

  package func enqueue(on interface: Int32, _ encode: (inout MutableRawSpan) -> Int) {
    waiting.append((encoded(encode), interface))
  }

  package func flush() {
    sent += waiting
    waiting = []
  }
}

/// The octets of a frame that a closure writes.
package func encoded(_ encode: (inout MutableRawSpan) -> Int) -> [UInt8] {
  EncodedFrame(encode).octets
}

/// Opens sockets that nothing is behind.
package final class FakeOpener {
  package init() {}

  package private(set) var opened: [FakeSockets] = []
  package var failure: SystemError?

  package func open(
    on index: InterfaceIndex, _ filter: PacketFilter
  ) throws(SystemError) -> (any FrameReceiver, any FrameSender) {
    if let failure { throw failure }
    let sockets = FakeSockets(index)
    opened.append(sockets)
    return (sockets, sockets)
  }
}

/// Takes down what it is told.
package final class FakeListener: EventListener {
  package init() {}

  package private(set) var events: [Event] = []
  package private(set) var settleCount = 0

  package func take(_ event: Event) { events.append(event) }
  package func settle() { settleCount += 1 }
}

extension Link {
  /// An Ethernet interface, running as soon as it is up.
  package init(
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
  package static func station(_ number: UInt8) -> MACAddress {
    MACAddress(number < 16 ? "02:00:00:00:00:0\(number)" : "02:00:00:00:00:\(number)")!
  }
}

extension Ruleset {
  /// One proxy with one rule each.
  package init(_ rules: [(interface: String, method: Method)]) {
    self.init(
      proxies: rules.map {
        Proxy(
          interface: $0.interface,
          rules: [Rule(prefix: IPv6Prefix("2001:db8:1::/48")!, method: $0.method)])
      })
  }
}
