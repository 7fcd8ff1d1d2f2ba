package import NDPWire
import ProxyEngine
import ProxyModel
package import TestSupport

extension Simulation {
  /// What a station with an address sends when it receives a frame: in a world of its own, for
  /// comparison with what was recorded.
  package static func answers(
    to octets: [UInt8], of address: IPv6Address, by speaker: Dialect.Speaker,
    speaking dialect: Dialect
  ) -> [[UInt8]] {
    let world = World(
      seed: 0, topology: .single, mutant: nil, answersInKernel: false, keepsTrace: false)
    let station = world.stations[0]
    station.dialect = dialect
    station.linkLayerAddress = speaker.linkLayerAddress
    station.addresses = [speaker.linkLocal, speaker.address, address].map {
      Station.Address(address: $0, state: .usable)
    }
    station.slowness = .zero
    station.link = 0
    world.keepsFrames = true
    world.receive(octets, at: 0)
    return world.frames
  }
}
