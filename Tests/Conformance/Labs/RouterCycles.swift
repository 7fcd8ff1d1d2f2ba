import NDPWire
import NetworkLab

/// What a Linux router sends about a target that it has traffic for.
struct RouterCycles {
  var multicast = 0
  var unicast = 0
  var unicastSources: Set<IPv6Address> = []
  var isReachable = false
}

/// Has a Linux router with short timers ping a member through the proxy for some seconds.
func routerCycles(of program: Program) async throws -> RouterCycles {
  let network = try await FoundingNetwork(members: 1)
  let member = FoundingNetwork.memberAddress(0)
  let timers = [
    "base_reachable_time_ms=1000", "delay_first_probe_time=1", "retrans_time_ms=300",
  ].map { "net.ipv6.neigh.up0.\($0)" }
  for timer in timers { try await network.router.run("sysctl", "-qw", timer) }
  let configuration = """
    proxy eth0 {
      rule \(FoundingNetwork.insidePrefix) {
        static
      }
    }

    """
  return try await network.gateway.withDaemon(
    program.path, configuration: configuration
  ) { _ in
    var capture = try network.router.capture(on: "up0")
    var seen = RouterCycles()
    var replies = 0
    // One at a time: a ping that has had a reply vouches for the neighbor by itself.
    for _ in 0..<pings {
      replies += try await network.router.ping(member).received
      try await Task.sleep(for: .milliseconds(200))
    }
    for message in try capture.messages(about: member) {
      guard case .solicitation(let frame) = message.frame else { continue }
      if frame.message.destination.isMulticast {
        seen.multicast += 1
      } else {
        seen.unicast += 1
        seen.unicastSources.insert(frame.message.source)
      }
    }
    let entry = try await network.router.neighbor(member)
    seen.isReachable = replies == pings && entry?.linkLayerAddress != nil
    return seen
  }
}

private let pings = 30
