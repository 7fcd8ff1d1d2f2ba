import LinuxNet
import NDPWire
import NetworkLab

extension BenchLink {
  /// An address of the responder's `eth0` whose lifetime ends some time.
  static let refreshedAddress = IPv6Address("2001:db8:1::3")!
  /// As ip-address(8) takes them.
  static let refreshedLifetimes = "valid_lft 3600 preferred_lft 1800"

  /// Connects responder and member by so many more cables, `h0` to `p0` and so on.
  ///
  /// Some 5 ms each. The member's ends have no IPv6 of their own. The asker is the responder's
  /// default router from then on, as who asks is in the networks of users.
  func addInterfaces(_ count: Int) async throws {
    try member.set("default/disable_ipv6", to: "1")
    let path = member.namespacePath
    for start in stride(from: 0, to: count, by: Self.batchSize) {
      let numbers = start..<min(start + Self.batchSize, count)
      let cables = numbers.map { "link add h\($0) type veth peer name p\($0) netns \(path)\n" }
      try await responder.run("ip", "-batch", "-", input: cables.joined())
      for (node, letter) in [(member, "p"), (responder, "h")] {
        let batch = numbers.map { "link set \(letter)\($0) up\n" }.joined()
        try await node.run("ip", "-batch", "-", input: batch)
      }
    }
    try await responder.run(
      "ip", "-6", "-batch", "-",
      input: """
        address add \(Self.refreshedAddress)/64 dev eth0 \(Self.refreshedLifetimes)
        route add default via \(Self.askerAddress) dev eth0

        """)
    // Until the kernel has reported its groups on all of them (RFC 3810 §6.1).
    try await Task.sleep(for: .seconds(3))
  }

  private static let batchSize = 500

  /// Opens sockets on one of the member's ends, to answer for one target.
  func member(on interface: String, for target: IPv6Address) async throws -> Member {
    let index = try await member.interfaceIndex(interface)
    return try Member(
      on: self, interfaceIndex: index, answeringFor: IPv6Prefix(target, length: 128))
  }
}
