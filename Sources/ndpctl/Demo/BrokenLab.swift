import ArgumentParser
import Console
import NetworkLab

/// What the demonstration breaks on purpose.
enum Breakage: String, CaseIterable, ExpressibleByArgument {
  /// The gateway no longer forwards.
  case forwarding
  /// The gateway has no route to the members.
  case route
  /// The gateway's packet filter drops what is forwarded.
  case firewall
  /// The router's unicast questions (Neighbor Unreachability Detection) stay unanswered.
  case nud
}

/// A lab in which something is broken, with a shell on the gateway to find out what.
///
/// All ends with this process, as in `Demo`, but for a small directory below `/tmp` where this
/// process is killed.
struct BrokenLab {
  let daemon: String
  let control: String
  let breakage: Breakage
  let screen: Screen

  private let target = FoundingNetwork.memberAddress(0)

  /// Throws what the lab throws; ends when the shell does.
  func run() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    let root = "/tmp/ndpctl-demo-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    // The kernel path would answer before the chain at ingress has its turn.
    let configuration = (breakage == .nud ? "kernel-path no\n" : "") + Demo.configuration
    try await gateway.withDaemon(daemon, configuration: configuration) { daemon in
      try await furnish(root, network, configuration: daemon.configuration.path)
      try await sabotage(gateway)
      try await explain(network)
      try await gateway.attend([
        "env", "NDPCTL_ROOT=\(root)", "NDPPROXY_SOCKET=\(daemon.controlSocket)", "PS1=gateway# ",
        "sh", "-c", Self.shell,
      ])
      try await conclude(network)
    }
    try await gateway.run("rm", "-r", root)
    screen.success("Cleaned up: nothing on this host was touched.")
  }

  /// Takes up the lab's commands before those of the host.
  private static let shell = "PATH=$NDPCTL_ROOT/bin:$PATH:/usr/sbin:/sbin exec sh"

  /// Makes a directory that is the gateway's `/`, with commands for the other nodes.
  private func furnish(
    _ root: String, _ network: FoundingNetwork, configuration: String
  ) async throws {
    let gateway = network.gateway
    // Not -p: somebody else's would do for that.
    try await gateway.run("mkdir", root)
    try await gateway.run("mkdir", "-p", root + "/bin", root + "/etc/sysctl.d")
    try await gateway.run(
      "tee", root + "/etc/sysctl.d/90-ndpproxy.conf", input: "net.ipv6.conf.all.forwarding = 1\n")
    try await gateway.run("ln", "-s", configuration, root + "/etc/ndpproxy.conf")
    try await gateway.run("ln", "-s", control, root + "/bin/ndpctl")
    for (name, node) in [("router", network.router), ("member", network.member)] {
      let script = "#!/bin/sh\nexec nsenter --net=\(node.namespacePath) -- \"$@\"\n"
      try await gateway.run("tee", root + "/bin/" + name, input: script)
      try await gateway.run("chmod", "755", root + "/bin/" + name)
    }
  }

  private func sabotage(_ gateway: Node) async throws {
    switch breakage {
    case .forwarding: try gateway.set("all/forwarding", to: "0")
    case .route:
      try await gateway.run(
        "ip", "-6", "route", "del", "\(FoundingNetwork.insidePrefix)", "dev", "zt0")
    case .firewall:
      try await gateway.run(
        "nft", "-f", "-",
        input: """
          table ip6 filter {
            chain FORWARD {
              type filter hook forward priority 0; policy drop;
            }
          }

          """)
    case .nud:
      try await gateway.run(
        "nft", "-f", "-",
        input: """
          table netdev edge {
            chain frames {
              type filter hook ingress device "eth0" priority 0;
              ether daddr \(FoundingNetwork.gatewayLinkLayerAddress) \
          icmpv6 type nd-neighbor-solicit drop
            }
          }

          """)
    }
  }

  private func explain(_ network: FoundingNetwork) async throws {
    screen.prose(
      """
      A router, a gateway and a member, in network namespaces of this process.

         router                      gateway                        member
                            ┌──────────────────────────┐
         2001:db8:1::1 ─────┤ eth0                 zt0 ├───── 2001:db8:1:0:ff::10
                            └──────────────────────────┘

      The proxy runs on the gateway, and something is wrong there.
      """)
    try await showPing(network)
    if breakage == .nud {
      screen.prose(
        """

        At first all seems well. But now and then the router sends a unicast
        solicitation to the member, gets no answer, and deletes its entry.
        """)
    }
    screen.prose(
      """

      You are on the gateway now. Find the cause, and fix it:

         ndpctl doctor             finds the problem and the fix
         router ndpctl probe \(target) -i up0
                                   shows who answers on the router's link
         router COMMAND            runs a command on the router; so does member
         exit                      ends the lab

      """)
  }

  private func conclude(_ network: FoundingNetwork) async throws {
    screen.prose("")
    try await showPing(network)
  }

  private func showPing(_ network: FoundingNetwork) async throws {
    try await network.router.run("ip", "-6", "neighbor", "flush", "dev", "up0")
    screen.command("router", "ping -c 1 \(target)")
    let report = try await network.router.ping(target)
    screen.output([report.summary])
  }
}
