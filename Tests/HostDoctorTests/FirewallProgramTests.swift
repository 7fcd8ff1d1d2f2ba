import Glibc
import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// Whether this is root, and not only of a user namespace.
private let isHostsRoot: Bool = {
  let map = (try? RegularFile("/proc/self/uid_map", limit: 4096))?.octets ?? []
  let fields = String(decoding: map, as: UTF8.self).split { $0 == " " || $0 == "\n" }
  return geteuid() == 0 && fields == ["0", "0", "\(UInt32.max)"] && NetworkNamespace.isPermitted
}()

/// Fixes for hosts with ufw and firewalld, tried with these programs: they last over a reload.
///
/// Each program has a root directory of its own, which ends with it. Only root of the whole host
/// may read the files of ufw, and lay a file system over them.
@Suite(.enabled(if: isHostsRoot), .timeLimit(.minutes(3)))
struct FirewallProgramTests {
  private static let configuration =
    "proxy eth0 {\n  rule 2001:db8:1:0:ff::/80 {\n    auto\n  }\n}\n"

  /// What the scripts below have in common.
  private static func header(_ daemon: Daemon) -> String {
    """
    exec 2>&1
    PATH=$PATH:/usr/sbin:/sbin
    export LC_ALL=C
    fix() {
      \(ndpctl) doctor --root /. -c \(daemon.configuration.path) --only D10 --fix --yes || true
    }
    ipv6() { sed -i "s/^IPV6=.*/IPV6=$1/" /etc/default/ufw; }

    """
  }

  /// Where the tree is.
  private static let tree =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Runs a script on the gateway in a root directory of its own, and returns what it prints.
  private func run(_ script: String, on lab: Lab) async throws -> String {
    let far = Situation.far + "/128"
    try await lab.network.router.run("ip", "-6", "address", "add", far, "dev", "lo")
    let result = try await lab.gateway.result(
      of: [
        "timeout", "--kill-after=2", "60", "\(Self.tree)/scripts/in-private-root", "/",
        Self.tree, "bash", "-euc", script,
      ])
    guard result.status == .exited(0) else {
      throw LabTrouble(result.standardOutput + result.standardError)
    }
    return result.standardOutput
  }

  /// What is done before the fix, and the rules that ufw must have afterwards.
  static let ufw: [(name: String, lines: String, rules: [String])] = [
    (
      "enabled, nothing else", "ufw --force enable",
      ["ALLOW FWD   2001:db8:1:0:ff::/80 on zt0", "ALLOW FWD   Anywhere (v6) on eth0"]
    ),
    (
      "the members are denied",
      "ufw --force enable; ufw default allow routed; "
        + "ufw route deny in on zt0 out on eth0",
      ["ALLOW FWD   2001:db8:1:0:ff::/80 on zt0", "DENY FWD    Anywhere (v6) on zt0"]
    ),
    (
      "IPV6=no", "ipv6 no; ufw --force enable; fix; ipv6 yes; ufw reload",
      ["ALLOW FWD   2001:db8:1:0:ff::/80 on zt0"]
    ),
  ]

  @Test(arguments: ufw)
  func `a fix lasts over a reload of ufw`(
    name: String, lines: String, rules: [String]
  ) async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      let output = try await run(
        Self.header(daemon) + "\(lines)\nfix\necho reloaded\nufw reload\nufw status\nfix", on: lab)
      let end = output.ranges(of: "reloaded").first.map { output[$0.upperBound...] } ?? ""
      for rule in rules { #expect(end.contains(rule), "\(name): \(output)") }
      #expect(end.contains("no problem found"), "\(name): \(output)")
      #expect(try await lab.connections(with: Situation.far) == .both, "\(name): \(output)")
    }
    try await lab.cleanUp()
  }

  @Test func `a rule of ufw that did harm is taken back`() async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      let output = try await run(
        Self.header(daemon) + """
          ufw --force enable
          ip6tables-save >/before
          mkdir /harm
          printf '#!/bin/sh\\n/usr/sbin/ufw "$@"; sysctl -qw net.ipv6.conf.all.forwarding=0\\n' \
            >/harm/ufw
          chmod +x /harm/ufw
          PATH=/harm:$PATH
          fix
          ip6tables-save >/after
          # ufw makes rules for its limits as it goes.
          diff -I '^[:#]' -I user-limit /before /after && echo same
          ufw status
          """, on: lab)
      #expect(output.contains("it is undone"), "\(output)")
      #expect(output.contains("ufw route delete allow in on eth0 out on zt0"), "\(output)")
      #expect(output.contains("same\n"), "\(output)")
      #expect(!output.contains("ALLOW FWD"), "\(output)")
    }
    try await lab.cleanUp()
  }

  @Test func `a fix lasts over a reload of firewalld`() async throws {
    let lab = try await Lab()
    try await lab.gateway.withDaemon(ndpproxy, configuration: Self.configuration) { daemon in
      let output = try await run(
        Self.header(daemon) + """
          cp -a \(Self.tree)/.build/unpacked/etc \(Self.tree)/.build/unpacked/usr /
          mkdir /run/dbus
          cat >/run/bus.conf <<'END'
          <busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen>
          <auth>EXTERNAL</auth><policy context="default"><allow send_destination="*"/>
          <allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy></busconfig>
          END
          dbus-daemon --config-file=/run/bus.conf --fork
          firewall-offline-cmd --zone=public --add-interface=eth0
          firewall-offline-cmd --zone=internal --add-interface=zt0
          firewalld --nofork --nopid &
          for attempt in $(seq 100); do firewall-cmd --state && break; sleep 0.1; done
          fix
          echo reloaded
          firewall-cmd --reload
          nft list chain inet firewalld filter_FORWARD
          fix
          """, on: lab)
      let end = output.ranges(of: "reloaded").first.map { output[$0.upperBound...] } ?? ""
      #expect(output.contains("nft insert rule inet firewalld filter_FORWARD"), "\(output)")
      #expect(output.contains("--add-egress-zone internal"), "\(output)")
      #expect(!end.contains("2001:db8:1:0:ff::/80 accept"), "\(output)")
      #expect(end.contains("no problem found"), "\(output)")
      #expect(try await lab.connections(with: Situation.far) == .both, "\(output)")
    }
    try await lab.cleanUp()
  }
}
