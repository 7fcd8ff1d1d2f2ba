import DaemonSupport
import KernelPath
import NDPWire
import ProxyEngine
import ProxyModel
import TestSupport
import Testing

@testable import KernelAnswering

/// What the program in the kernel is told of interfaces, beside what they have.
struct HostIdentitiesTests {
  /// A map that changes are written to.
  private struct Written {
    var stations: Set<MACAddress> = []
    var addresses: Set<IPv6Address> = []
    var tunnels: Set<UInt32> = []

    mutating func take(_ changes: HostChanges) {
      for (station, isThere) in changes.stations { stations.set(station, isThere) }
      for (address, isThere) in changes.addresses { addresses.set(address, isThere) }
      for (tunnel, isThere) in changes.tunnels { tunnels.set(tunnel, isThere) }
    }
  }

  private static func interface(
    _ index: Int32, using random: inout SeededGenerator
  ) -> Interface {
    let addresses = ["fe80::1", "2001:db8::1", "2001:db8::2", "2001:db8::3"]
    return Interface(
      index: InterfaceIndex(index), name: "i\(index)",
      linkLayerAddress: Bool.random(using: &random)
        ? MACAddress(bits: 0x0200_0000_0000 + UInt64.random(in: 0..<3, using: &random)) : nil,
      isUp: true, hasNeighborDiscovery: Bool.random(using: &random),
      addresses: addresses.shuffled(using: &random).prefix(.random(in: 0...2, using: &random)).map {
        .init(IPv6Address($0)!, prefixLength: 64, state: .preferred)
      })
  }

  @Test func `the changes lead to what the interfaces have`() {
    var random = SeededGenerator(seed: 3)
    var identities = HostIdentities()
    var written = Written()
    var interfaces: [Int32: Interface] = [:]
    for step in 0..<3000 {
      let index = Int32.random(in: 1...6, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        interfaces = [:]
        for other in 1...Int32.random(in: 1...6, using: &random) {
          interfaces[other] = Self.interface(other, using: &random)
        }
        identities.take(.interfacesRead(Array(interfaces.values)))
      case 1:
        identities.replace(by: Array(interfaces.values))
        written = Written()
      case 2..<7:
        interfaces[index] = nil
        identities.take(.interfaceRemoved(InterfaceIndex(index)))
      default:
        let interface = Self.interface(index, using: &random)
        interfaces[index] = interface
        identities.take(.interfaceChanged(interface))
      }
      guard step % 3 == 0 || Bool.random(using: &random) else { continue }
      written.take(identities.takeChanges())
      let all = interfaces.values
      #expect(written.stations == Set(all.compactMap(\.linkLayerAddress)), "step \(step)")
      #expect(
        written.addresses
          == Set(all.flatMap(\.addresses).map(\.address).filter { !$0.isLinkLocal }))
      #expect(
        written.tunnels
          == Set(all.filter { !$0.hasNeighborDiscovery }.map { UInt32($0.index.rawValue) }))
    }
  }
}

extension Set {
  fileprivate mutating func set(_ member: Element, _ isThere: Bool) {
    if isThere { insert(member) } else { remove(member) }
  }
}
