import Glibc
package import LinuxSurvey

/// A veth pair `a0`–`b0` in a namespace, up, with fixed link-layer addresses and no chatter.
package struct Veth {
  /// The index of `a0`.
  package let first: Int32
  /// The index of `b0`.
  package let second: Int32

  /// Makes them.
  package init(in namespace: NetworkNamespace) throws {
    try shell(
      namespace,
      "ip link add a0 address 02:00:00:00:00:0a type veth peer name b0 address 02:00:00:00:00:0b",
      "sysctl -qw net.ipv6.conf.a0.disable_ipv6=1 net.ipv6.conf.b0.disable_ipv6=1",
      "ip link set a0 up", "ip link set b0 up")
    (first, second) = namespace.run {
      (Int32(if_nametoindex("a0")), Int32(if_nametoindex("b0")))
    }
  }
}

/// Runs commands in a namespace, one after the other; throws where one fails.
package func shell(_ namespace: NetworkNamespace, _ commands: String...) throws {
  for command in commands {
    let status = system("nsenter --net=\(namespace.path) \(command)")
    if status != 0 { throw ShellFailure(command: command, status: status) }
  }
}

/// Runs a command in the network namespace of this process; throws where it fails.
package func shellHere(_ command: String) throws {
  let status = system(command)
  if status != 0 { throw ShellFailure(command: command, status: status) }
}

private struct ShellFailure: Error {
  let command: String
  let status: Int32
}
