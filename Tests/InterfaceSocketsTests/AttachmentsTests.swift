import DaemonLog
import DaemonSupport
import EventLoop
import Inspection
import LinuxNet
import ProxyEngine
import ProxyModel
import Testing

@testable import InterfaceSockets

struct AttachmentsTests {
  private let test = TestLoop()
  private let news = FakeNews()
  private let opener = FakeOpener()
  private let listener = FakeListener()
  private let host = Host()
  private let log = Log(level: .notice, usesSystemLog: false)
  private let ports: Ports

  init() {
    ports = Ports(loop: test.loop, log: log, opener: opener.open)
  }

  /// Proxies on these interfaces.
  private func attachments(
    _ rules: [(interface: String, method: Ruleset.Method)], on links: [Link] = []
  ) throws -> Attachments {
    news.table = HostTable(links)
    let attachments = Attachments(
      InterfacePlan(Ruleset(rules)), host: host, ports: ports, news: news, listener: listener)
    test.loop.add(attachments)
    try attachments.start()
    return attachments
  }

  private func tell(_ changes: HostChange...) throws {
    news.changes = changes
    try test.turn(news)
  }

  @Test func `an interface is waited for, and served once it is there`() throws {
    let attachments = try attachments([("eth0", .static)])
    #expect(attachments.conditions == ["eth0": .missing])
    #expect(attachments.summary == "waiting for eth0")
    try tell(.link(Link(3, "eth1")))
    #expect(opener.opened.isEmpty)
    try tell(.link(Link(4, "eth0")))
    #expect(attachments.conditions == ["eth0": .usable])
    #expect(attachments.summary == "answering on eth0")
    #expect(opener.opened.map(\.index) == [InterfaceIndex(4)])
    #expect(test.poll.watches(opener.opened[0]))
  }

  @Test func `sockets stay open while an interface is down`() throws {
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0", isUp: false)])
    #expect(attachments.conditions["eth0"] == .down)
    #expect(ports.all.count == 1)
    for isUp in [true, false, true] { try tell(.link(Link(4, "eth0", isUp: isUp))) }
    #expect(attachments.conditions["eth0"] == .usable)
    #expect(opener.opened.count == 1)
  }

  @Test func `sockets close with their interface`() throws {
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    try tell(.linkRemoved(4))
    #expect(attachments.conditions["eth0"] == .missing)
    #expect(ports.all.isEmpty)
    #expect(!test.poll.watches(opener.opened[0]))
    // The same index again is another interface.
    try tell(.link(Link(4, "eth0")))
    #expect(opener.opened.count == 2)
  }

  @Test func `what was lost on sockets that are closed is remembered`() throws {
    _ = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    opener.opened[0].overrun = 5
    opener.opened[0].unsentCount = 3
    try tell(.linkRemoved(4))
    #expect(ports.overrunCount == 5)
    #expect(ports.unsentCount == 3)
  }

  @Test func `an interface without a socket is tried again every second`() throws {
    opener.failure = SystemError("open packet socket", .noMemory)
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    let reason = "open packet socket: Cannot allocate memory"
    #expect(attachments.conditions["eth0"] == .failing(reason))
    let start = test.now
    try test.pass()
    #expect(test.now == start + .seconds(1))
    #expect(attachments.conditions["eth0"] == .failing(reason))
    opener.failure = nil
    try test.pass()
    #expect(attachments.conditions["eth0"] == .usable)
    try test.turn()
    #expect(test.poll.deadline == nil)
  }

  @Test func `a failing interface that goes away is not tried again`() throws {
    opener.failure = SystemError("open packet socket", .noMemory)
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    try tell(.linkRemoved(4))
    opener.failure = nil
    try test.pass()
    #expect(attachments.conditions["eth0"] == .missing)
    #expect(opener.opened.isEmpty)
  }

  @Test func `a name may move to another interface`() throws {
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    try tell(.link(Link(4, "old0")))
    #expect(attachments.conditions["eth0"] == .missing)
    try tell(.link(Link(5, "eth0")))
    #expect(ports.all.map(\.index) == [InterfaceIndex(5)])
    // The other order: the newer takes the name over.
    try tell(.link(Link(6, "eth0")))
    #expect(ports.all.map(\.index) == [InterfaceIndex(6)])
  }

  @Test func `two names of one interface do not share it, but follow each other`() throws {
    let attachments = try attachments(
      [("eth0", .static), ("wan", .static)], on: [Link(4, "eth0", alternativeNames: ["wan"])])
    #expect(attachments.conditions == ["eth0": .usable, "wan": .taken("eth0")])
    try tell(.link(Link(4, "lan0", alternativeNames: ["wan"])))
    #expect(attachments.conditions == ["eth0": .missing, "wan": .usable])
    try tell(.link(Link(4, "eth0")))
    #expect(attachments.conditions == ["eth0": .usable, "wan": .missing])
  }

  @Test func `a port of a bridge hears nothing`() throws {
    let attachments = try attachments(
      [("eth0", .static)], on: [Link(4, "eth0"), Link(9, "br0")])
    try tell(.link(Link(4, "eth0", master: 9)))
    #expect(attachments.conditions["eth0"] == .enslaved("br0"))
    #expect(ports.all.isEmpty)
  }

  @Test func `an interface that rules only ask on needs no sockets`() throws {
    let attachments = try attachments([("eth0", .interface(InterfacePattern("zt0")))])
    try tell(.link(Link(5, "zt0")))
    #expect(attachments.conditions["zt0"] == .usable)
    #expect(opener.opened.isEmpty)
  }

  @Test func `one of many that match a pattern is enough`() throws {
    let attachments = try attachments([("eth0", .interface(InterfacePattern("zt*")))])
    #expect(attachments.conditions["zt*"] == .unmatched)
    try tell(.link(Link(5, "zt0", isUp: false)))
    #expect(attachments.conditions["zt*"] == .down)
    try tell(.link(Link(6, "zt1")))
    #expect(attachments.conditions["zt*"] == .usable)
    try tell(.link(Link(6, "eth9")))
    #expect(attachments.conditions["zt*"] == .down)
    try tell(.linkRemoved(5))
    #expect(attachments.conditions["zt*"] == .unmatched)
  }

  @Test func `lost news close only what has gone`() throws {
    _ = try attachments(
      [("eth0", .static), ("eth1", .static)], on: [Link(4, "eth0"), Link(5, "eth1")])
    opener.opened[1].isAttached = false
    news.failure = SystemError("receive", .noBufferSpace)
    try test.turn(news)
    // Nothing can be read, for the moment.
    #expect(opener.opened.count == 2 && ports.all.count == 2)
    news.failure = nil
    try test.pass()
    #expect(ports.all.map(\.index) == [InterfaceIndex(4), InterfaceIndex(5)])
    #expect(opener.opened.count == 3)
    #expect(ports.all[0].receiver === opener.opened[0])
  }

  @Test func `news that cannot be read end the daemon`() throws {
    _ = try attachments([("eth0", .static)])
    news.failure = SystemError("receive", .badFileDescriptor)
    #expect(throws: SystemError.self) { try test.turn(news) }
  }

  @Test func `other rules close what they do not need and keep the rest`() throws {
    let attachments = try attachments(
      [("eth0", .static), ("eth1", .static)], on: [Link(4, "eth0"), Link(5, "eth1")])
    var proxy = Ruleset([("eth0", .static)]).proxies[0]
    proxy.isPromiscuous = true
    attachments.change(to: InterfacePlan(Ruleset(proxies: [proxy])))
    #expect(ports.all.map(\.name) == ["eth0"])
    #expect(opener.opened.count == 2)
    #expect(opener.opened[0].isPromiscuous && opener.opened[0].filterCount == 1)
    #expect(attachments.conditions == ["eth0": .usable])
    attachments.change(to: InterfacePlan(Ruleset([("eth1", .static)])))
    #expect(ports.all.map(\.name) == ["eth1"])
  }

  @Test func `sockets that do not change are opened anew`() throws {
    let attachments = try attachments([("eth0", .static)], on: [Link(4, "eth0")])
    opener.opened[0].failure = SystemError("attach filter", .noMemory)
    attachments.change(to: InterfacePlan(Ruleset([("eth0", .static)]), hearsEverything: true))
    #expect(opener.opened.count == 2)
    #expect(ports.all.first?.receiver === opener.opened[1])
  }

  @Test func `the engine hears of all of it, and is given its time`() throws {
    let attachments = try attachments([("eth0", .static)])
    var changed = 0
    attachments.whenChanged = { changed += 1 }
    let settled = listener.settleCount
    try tell(.link(Link(4, "eth0")), .link(Link(5, "eth1")))
    #expect(listener.settleCount == settled + 1)
    #expect(changed == 1)
    guard case .interfaceChanged(let interface) = listener.events.last else {
      Issue.record("\(listener.events)")
      return
    }
    #expect(interface.name == "eth1")
  }
}
