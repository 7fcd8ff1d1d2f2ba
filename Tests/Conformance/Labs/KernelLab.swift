import NDPWire
import NetworkLab

/// A kernel without a daemon on the proxy's host: what Linux itself does with messages.
struct KernelLab: Sendable {
  let lab: LiveLab
  let trial: Trial

  init(number: Int) async throws {
    lab = try await LiveLab(.alone, rows: [])
    trial = Trial(on: try LiveSubject(.kernel, in: lab, process: nil), number: number)
  }

  /// The kernel's host.
  var proxy: Node { lab.proxy }

  /// What somebody says of a target.
  enum Claim {
    /// What a proxy answers: without Override.
    case proxy
    /// What an owner answers.
    case owner
    /// What nobody asked for, with Override or without.
    case announcement(Bool)
  }

  /// The octets of a claim.
  func claim(
    _ target: IPv6Address, _ station: Int, _ claim: Claim, to asker: IPv6Address
  ) -> [UInt8] {
    var claimed = Advertisement(from: trial.station(station), of: target, on: .up)
    claimed.source = trial.station(station).linkLocal
    claimed.destination = asker
    switch claim {
    case .proxy: claimed.isOverride = false
    case .owner: break
    case .announcement(let isOverride):
      (claimed.isSolicited, claimed.isOverride) = (false, isOverride)
      (claimed.destination, claimed.frameDestination) = (.allNodes, .allNodes)
    }
    return claimed.octets
  }

  /// Has the kernel ask for a fresh target, makes these claims one after the other, and throws
  /// unless it takes the target to be at the station `expected`.
  func requireNeighbor(
    _ expected: Int, after claims: [(station: Int, claim: Claim)]
  ) async throws {
    let target = trial.target(claims.reduce(expected) { $0 * 8 + $1.station * 4 + $1.claim.code })
    try await proxy.run("ip", "-6", "neighbor", "flush", "dev", "up0")
    _ = try await proxy.result(of: ["ping", "-c", "1", "-W", "1", "\(target)"])
    let questions = try await trial.questions(target, on: .up)
    guard let question = questions.first else { throw Mismatch("the kernel sends no solicitation") }
    // It goes on to ask for three seconds.
    for (station, claim) in claims {
      try await trial.send(self.claim(target, station, claim, to: question.source))
      try await trial.settle()
    }
    let entry = try await proxy.neighbor(target)
    let address = entry?.linkLayerAddress
    try require("neighbor", address, is: trial.station(expected).linkLayerAddress)
  }

  /// Has the kernel itself be a proxy for a target.
  func proxyByKernel(_ target: IPv6Address) async throws {
    try await proxy.actAsProxy(for: target)
  }
}

extension KernelLab.Claim {
  fileprivate var code: Int {
    switch self {
    case .proxy: 0
    case .owner: 1
    case .announcement(let isOverride): isOverride ? 2 : 3
    }
  }
}

extension Node {
  /// Has the kernel answer for a target on `up0`, to which it has a route elsewhere.
  func actAsProxy(for target: IPv6Address) async throws {
    try set("all/forwarding", to: "1")
    try set("up0/proxy_ndp", to: "1")
    try await run("ip", "-6", "route", "replace", "\(target)/128", "dev", "dn0")
    try await run("ip", "-6", "neighbor", "add", "proxy", "\(target)", "dev", "up0")
  }
}
