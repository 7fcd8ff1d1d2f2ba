import ConfigurationInForce
import ControlProtocol
import DaemonLog
import DaemonSupport
import Inspection
import InterfaceSockets
import JSONText
import KernelTables
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel
import SystemPackage
import Testing

@testable import ProxyDaemon

/// Takes down what it is asked to do.
private final class FakeOperator: DaemonOperator {
  private(set) var reloads = 0
  private(set) var level: LogLevel?

  func reload() -> ReloadReport {
    reloads += 1
    return ReloadReport(isInForce: true, summary: "as before", problems: [])
  }

  func checkReload() -> CheckReport {
    CheckReport(isAcceptable: true, summary: "as before", problems: [])
  }

  func setRule(
    _ prefix: IPv6Prefix, of proxy: String?, isEnabled: Bool
  ) throws(RequestFailure) -> RuleSwitchReport {
    throw RequestFailure(.notFound, "there is no rule \(prefix)")
  }

  func setGate(_ name: String, isOn: Bool) throws(RequestFailure) -> GateReport {
    throw RequestFailure(.notFound, "there is no gate \(name)")
  }

  func setLogLevel(_ level: LogLevel) { self.level = level }
}

/// Requests, some by a real socket that belongs to nobody else; no namespace is needed for it.
final class ControlTests {
  private let stage: Stage
  private let daemon = FakeOperator()
  private let control: Control
  private let place = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max))"

  init() throws {
    stage = try Stage(.interface(InterfacePattern("zt0")))
    let lookup = try RouteLookup()
    let neighbors = KernelNeighbors(try NeighborLookup(), routes: lookup, ports: stage.ports)
    control = Control(
      path: stage.path, attachments: stage.attachments,
      routes: KernelRoutes(
        lookup, neighbors: neighbors, host: stage.host, loop: stage.test.loop, log: stage.log),
      host: stage.host, log: stage.log, current: stage.current,
      daemon: { [daemon] in daemon })
  }

  @Test func `how things are is told`() throws {
    try stage.receive(Stage.question())
    guard case .status(let status) = control.reply(to: .status) else { fatalError() }
    #expect(status.summary == "answering on eth0")
    #expect(status.interfaces.map(\.condition) == ["usable", "usable"])
    #expect(status.ruleCount == 1 && status.configurationPath == "/nowhere")
    guard case .sessions(let page) = control.reply(to: .sessions(from: 0)) else { fatalError() }
    #expect(page.sessions.map(\.target) == [Stage.target])
    #expect(page.sessions.map(\.interfaces) == [["zt0"]])
    guard case .counters(let counters) = control.reply(to: .counters) else { fatalError() }
    #expect(counters.total.solicitationsReceived == 1 && counters.total.asked == 1)
  }

  @Test func `what is asked for is done`() throws {
    try stage.receive(Stage.question())
    let prefix = IPv6Prefix("2001:db8:1::/48")!
    #expect(
      control.reply(to: .flush(prefix: prefix))
        == .flush(FlushReport(prefix: prefix, forgotten: 1)))
    #expect(control.reply(to: .log(level: .debug)) == .log(LogReport(level: .debug)))
    #expect(daemon.level == .debug)
    _ = control.reply(to: .reload)
    #expect(daemon.reloads == 1)
  }

  // MARK: By the socket

  /// What clients have to say is ready whenever a turn begins; returns what one of them reads.
  private func say(_ command: Command, by client: StreamConnection) throws -> String {
    let request = JSONText.octets(of: Request(command)) + [UInt8(ascii: "\n")]
    #expect(try client.send(request[...]) == request.count)
    try turn()
    return try text(for: client)
  }

  private func text(for client: StreamConnection) throws -> String {
    String(decoding: try client.receive(limit: 1 << 20) ?? [], as: UTF8.self)
  }

  /// Everything that is watched but the packet sockets counts as ready.
  private func turn() throws {
    let sockets = [ObjectIdentifier(stage.sockets), ObjectIdentifier(stage.ruleSockets)]
    stage.test.poll.tokens = stage.test.poll.watched.filter { !sockets.contains($0.key) }
      .map(\.value)
    try stage.test.turn()
  }

  private func connect() throws -> StreamConnection {
    let client = try StreamConnection(connectingTo: place)
    try turn()
    return client
  }

  private func listen() throws {
    try control.listen(
      at: ListeningSocket(path: place, group: nil), loop: stage.test.loop)
  }

  @Test func `a client is let in and answered`() throws {
    try listen()
    let client = try connect()
    #expect(try say(.rules(from: 0), by: client).contains("2001:db8:1::/48"))
    #expect(try say(.status, by: client).contains("answering on eth0"))
    control.close()
    // Not at once: a process that another test starts has our descriptors until it is executed.
    #expect(try client.waitUntil(readable: true, milliseconds: 10_000))
    #expect(try client.receive(limit: 1) == [])
    #expect(throws: SystemError.self) { try StreamConnection(connectingTo: place) }
  }

  @Test func `a monitor is told of messages, and nobody looks once it has gone`() throws {
    try listen()
    var client: StreamConnection? = try connect()
    let command = Command.monitor(prefix: nil, interface: nil, frames: false)
    #expect(try say(command, by: client!).contains("monitoring"))
    try stage.receive(Stage.question())
    let told = try text(for: client!)
    #expect(told.contains("\"asked\""))
    #expect(told.contains("solicitation sent"))
    client = nil
    try turn()
    try stage.receive(Stage.question())
    #expect(stage.path.engine.counters.total.solicitationsReceived == 2)
  }
}
