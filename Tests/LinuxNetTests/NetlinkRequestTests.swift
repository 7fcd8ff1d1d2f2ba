import CLinux
import Glibc
import LinuxSupport
import LinuxSurvey
import NetworkLab
import Testing

@testable import LinuxNet

/// Questions to netlink and their answers, on a real kernel.
@Suite(.enabled(if: NetworkNamespace.isPermitted))
struct NetlinkRequestTests {
  @Test func `an end of somebody else's table does not end ours`() throws {
    let namespace = try NetworkNamespace()
    _ = try Veth(in: namespace)
    let (first, second) = try namespace.run {
      (try NetlinkSocket(groups: 0), try NetlinkSocket(groups: 0))
    }
    #expect(first.port != second.port && first.port != 0)
    // Both use the same numbers from 1 on, so that only the port tells whose an answer is.
    for socket in [first, second] {
      var names = 0
      try socket.dump(RTM_GETLINK, payload: [UInt8](repeating: 0, count: 16), "read links") {
        message, _ in
        #expect(message.port == socket.port)
        if Int(message.type) == RTM_NEWLINK { names += 1 }
      }
      #expect(names == 3)
    }
  }

  @Test func `a request that is wrong is told from a route that says no`() throws {
    let namespace = try NetworkNamespace()
    try shell(namespace, "ip link set lo up", "ip -6 route add blackhole 2001:db8::/64")
    let socket = try namespace.run { try NetlinkSocket(groups: 0) }
    try socket.askForExplanations()
    var target: [UInt8] = [UInt8(AF_INET6), 128] + [UInt8](repeating: 0, count: 10)
    target.append(
      attribute: UInt16(RTA_DST.rawValue),
      octets: [0x20, 1, 0xd, 0xb8] + Array(repeating: 0, count: 12))
    // Both are refused with the same number.
    for (payload, isWrong) in [(target, false), (Array(target[..<3]), true)] {
      var isExplained: Bool?
      let refusal = try socket.ask(RTM_GETROUTE, payload: payload) { message, _ in
        isExplained = message.isExplained
      }
      #expect(refusal?.rawValue == EINVAL)
      #expect(isExplained == isWrong)
    }
  }

  @Test func `an attribute of any length is padded`() {
    var octets: [UInt8] = []
    octets.append(attribute: 7, octets: [1])
    octets.append(attribute: 8, UInt16(0x0202))
    octets.append(attribute: 9, octets: [3, 3, 3, 3, 3])
    var read: [[UInt8]] = []
    forEachAttribute(in: octets.span.bytes, behind: 0) { attribute, value in
      read.append([UInt8(attribute)] + value.withUnsafeBytes { [UInt8]($0) })
    }
    #expect(read == [[7, 1], [8, 2, 2], [9, 3, 3, 3, 3, 3]])
    #expect(octets.count % 4 == 0)
  }
}
