import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// What clients of the control socket ask for. One request is done at a turn, so that frames are
// taken up in between; nothing waits for any of them.

extension Daemon {
  /// Lets clients in from now on.
  func listen(at socket: ListeningSocket) throws(SystemError) {
    control = try ControlServer(socket, poll: poll)
  }

  func admitClient() {
    guard let control else { return }
    guard control.mayAdmit(now: now) else {
      return letClientsWait(for: ControlSocket.admissionWindow)
    }
    do {
      try control.admit(now: now)
    } catch {
      warnSparingly("control socket: \(error)")
      if !control.makeRoom() { letClientsWait(for: .seconds(1)) }
    }
  }

  private func letClientsWait(for time: Duration) {
    control?.pause()
    readmission = now + time
  }

  /// Lets clients in again.
  func readmitClients() {
    readmission = nil
    do {
      try control?.resume()
    } catch {
      warnSparingly("control socket: \(error)")
      readmission = now + .seconds(1)
    }
  }

  /// Sends a client what it has to read, or lets it wait for its turn to speak.
  func serve(_ number: UInt32) {
    guard let control, let client = control.client(number) else { return }
    let start = now
    if control.isResting(now: start) { return control.park(client) }
    if client.hasBacklog {
      control.flush(client, now: start)
      rest(of: control, after: start)
    } else {
      control.note(speaker: number)
    }
  }

  /// Takes one request of one client, and has all of them wait in proportion to what it took.
  func serveSpeaker() {
    guard let control, let client = control.takeSpeaker(), !client.hasBacklog else { return }
    let start = now
    serve(client, of: control)
    rest(of: control, after: start)
  }

  private func rest(of control: ControlServer, after start: Instant) {
    let total = engine.counters.total
    control.rest(
      after: start, now: now,
      messageCount: total.solicitationsReceived &+ total.advertisementsReceived)
  }

  private func serve(_ client: ControlClient, of control: ControlServer) {
    do {
      switch try client.read() {
      case .nothing: return
      case .end: return control.remove(client)
      case .tooLong:
        client.end(
          with: RequestFailure(
            .oversized, "a request has at most \(ControlSocket.requestLimit) octets"))
      case .request(let octets):
        client.lastHeard = now
        answer(octets, of: client)
      }
    } catch {
      return control.remove(client)
    }
    control.flush(client, now: now)
  }

  private func answer(_ octets: [UInt8], of client: ControlClient) {
    let request: Request
    do {
      request = try Request(reading: octets)
    } catch {
      return client.end(with: error)
    }
    if request.command.isPrivileged {
      guard client.isTrusted else {
        return client.put(.error(RequestFailure(.forbidden, "only root may do that")))
      }
    }
    if case .monitor(let prefix, let interface, let frames) = request.command {
      // Messages are told apart by the name that the kernel shows.
      let name = interface.map { host.link(named: $0)?.name ?? $0 }
      client.watch = Watch(prefix: prefix, interface: name, wantsFrames: frames)
      isWatched = true
      return client.put(
        .monitoring(
          MonitorReport(interfaces: servedNames, nanoseconds: now.nanoseconds)))
    }
    client.put(reply(to: request.command))
  }

  private func reply(to command: Command) -> Reply {
    switch command {
    case .status: return .status(status)
    case .sessions(let start): return .sessions(sessionPage(from: start))
    case .rules(let start): return .rules(rulePage(from: start))
    case .counters: return .counters(counterReport)
    case .configuration(let start): return .configuration(configurationReport(from: start ?? 0))
    case .interfaces(let start): return .interfaces(interfacePage(from: start))
    case .why(let target): return explanation(of: target)
    case .reload: return .reload(reload())
    case .flush(let prefix):
      let count = engine.forgetTargets(in: prefix, into: &actions)
      performActions()
      log.notice("forgot \(count) targets in \(prefix), as was asked for")
      return .flush(FlushReport(prefix: prefix, forgotten: count))
    case .log(let level):
      setLogLevel(level)
      return .log(LogReport(level: level))
    case .monitor: preconditionFailure("a monitor has its answer by now")
    }
  }
}

extension Daemon {
  private func configurationReport(from start: Int) -> ConfigurationReport {
    let part = configuration.text(from: start, limit: ControlSocket.pageLength)
    return ConfigurationReport(
      path: configurationPath, text: part.text, next: part.next,
      generation: configured.instant.nanoseconds)
  }
}
