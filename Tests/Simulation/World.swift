import HeapModule
import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport

/// Links, stations and gateways on a virtual clock.
final class World {
  let seed: UInt64
  var now = Instant.start
  var random: SeededGenerator
  var links: [LinkConditions] = []
  var stations: [Station] = []
  var gateways: [Gateway] = []
  var truth = Truth()
  var trace: Trace
  var figures = Figures()
  /// Whether stations have stopped to ask for anything.
  var isOver = false
  /// Targets that stations like to ask for.
  var targets: [IPv6Address] = []
  /// Who wants what is not his, if anybody does.
  var attacker: Attacker?
  /// When he last asked for nothing but noise.
  var lastFlood: Instant?
  /// When he last was the router for all that could be seen.
  var lastMasquerade: Instant?
  /// When a station last scanned.
  var lastScan: [Int: Instant] = [:]
  /// Whether what is sent is kept, and what was.
  var keepsFrames = false
  var frames: [[UInt8]] = []
  /// Counts the timers of kernels, of which the last set counts.
  var kernelTickets = 0
  private(set) var judge: Judge!
  private var queue = Heap<Appointment>()
  private var appointments = 0
  /// What is to happen; slots that are free wait for use.
  private var slots: [Happening] = []
  private var free: [Int] = []

  init(
    seed: UInt64, topology: Topology?, mutant: Mutant?, answersInKernel: Bool, keepsTrace: Bool
  ) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    trace = Trace(keepsLines: keepsTrace)
    let plan = Plan(topology: topology, mutant: mutant, random: &random)
    links = plan.links
    stations = plan.stations
    gateways = plan.gateways
    targets = plan.targets
    attacker = plan.attacker
    judge = Judge(of: self)
    for gateway in gateways {
      if answersInKernel || mutant?.answersInKernel == true { gateway.answerInKernel() }
      for line in gateway.lines { trace.note(now, line) }
      tellInterfaces(of: gateway)
      if attacker != nil { introduceRouter(to: gateway) }
    }
    for (number, link) in plan.homes.enumerated() {
      schedule(
        .arrival(station: number, link: link),
        after: .milliseconds(Int64.random(in: 0...3000, using: &random)))
    }
    for event in plan.events { schedule(event.happening, after: event.after) }
    schedule(.end, after: plan.length)
  }

  /// Something that will happen.
  enum Happening {
    case delivery([UInt8], link: Int, to: Port)
    case arrival(station: Int, link: Int)
    case departure(station: Int)
    case answer(EthernetFrame<NeighborSolicitation>, station: Int, life: Int)
    case duplicateDetectionEnded(station: Int, place: Int, life: Int)
    case neighborTimer(station: Int, target: IPv6Address, ticket: Int, life: Int)
    case kernelTimer(gateway: Int, KernelNeighbors.Key, ticket: Int)
    case traffic(from: Int, to: IPv6Address)
    case duplicateDetection(of: IPv6Address, from: Int)
    case scan(Scan)
    case fault(Fault)
    case garbage(link: Int)
    case attack(Attack)
    case forgery([UInt8], link: Int)
    case verdict(Int)
    case end
  }

  /// When something happens, and in which slot it waits; of equal times the first made comes first.
  private struct Appointment: Comparable {
    let time: Instant
    let number: Int
    let slot: Int

    static func < (left: Appointment, right: Appointment) -> Bool {
      (left.time, left.number) < (right.time, right.number)
    }
  }

  func schedule(_ happening: Happening, after delay: Duration) {
    appointments += 1
    let slot = free.popLast() ?? slots.count
    if slot == slots.count { slots.append(happening) } else { slots[slot] = happening }
    queue.insert(Appointment(time: now + delay, number: appointments, slot: slot))
  }

  // MARK: - Time

  /// Lets everything happen until nothing is left to do; throws the first violation.
  func run() throws(Violation) {
    while let next = nextInstant() {
      now = next
      for gateway in gateways {
        if let deadline = gateway.nextDeadline(now: now), deadline <= now {
          handleTimeout(at: gateway)
        }
      }
      while let first = queue.min, first.time <= now {
        queue.removeMin()
        free.append(first.slot)
        happen(slots[first.slot])
        figures.events += 1
      }
      if let violation = judge.violation { throw violation }
      try judge.checkQuiet()
    }
    figures.seconds += (now.nanoseconds - Instant.start.nanoseconds) / 1_000_000_000
    judge.finish()
    if let violation = judge.violation { throw violation }
  }

  private func nextInstant() -> Instant? {
    var next = queue.min?.time
    for gateway in gateways {
      guard let deadline = gateway.nextDeadline(now: now) else { continue }
      next = min(next ?? deadline, max(deadline, now))
    }
    return next
  }

  private func happen(_ happening: Happening) {
    switch happening {
    case .delivery(let octets, let link, let port): deliver(octets, on: link, to: port)
    case .arrival(let station, let link): start(station, on: link)
    case .departure(let station): leave(station)
    case .answer(let frame, let station, let life):
      if stations[station].life == life { answerNow(frame, from: station) }
    case .duplicateDetectionEnded(let station, let place, let life):
      if stations[station].life == life { endDuplicateDetection(station, of: place) }
    case .neighborTimer(let station, let target, let ticket, let life):
      if !isOver, stations[station].life == life {
        neighborTimeout(station, target, ticket: ticket)
      }
    case .kernelTimer(let gateway, let key, let ticket):
      kernelTimeout(gateway, key, ticket: ticket)
    case .traffic(let station, let target):
      if !isOver { send(packetTo: target, from: station) }
    case .duplicateDetection(let target, let station):
      if !isOver { contest(target, from: station) }
    case .scan(let scan): if !isOver { go(on: scan) }
    case .fault(let fault): if !isOver { happen(fault) }
    case .garbage(let link): if !isOver { sendGarbage(on: link) }
    case .attack(let attack): if !isOver { go(on: attack) }
    case .forgery(let octets, let link): transmit(octets, on: link, from: .stranger)
    case .verdict(let number): judge.judgeObligation(number)
    case .end:
      trace.note(now, "the end: nobody asks any more")
      isOver = true
      judge.startSilence()
    }
  }

  private func deliver(_ octets: [UInt8], on link: Int, to port: Port) {
    switch port {
    case .station(let number):
      guard stations[number].link == link else { return }
      receive(octets, at: number)
    case .gateway(let number, let place):
      trace.note(now, "\(name(of: port)) <- \(sentence(about: octets))")
      receive(octets, at: number, interface: place)
    case .attacker: if attacker?.link == link { attackerHears(octets) }
    case .stranger: return
    }
  }
}
