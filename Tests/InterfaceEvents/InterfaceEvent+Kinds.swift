import NDPWire
import NetworkLab
import Scenarios

extension InterfaceEvent {
  /// What happens only to interfaces of kinds for which many kernels need a module.
  package static let ofOtherKinds = bonds + vlans + vrfs

  /// The active port of a bond fails, and another takes over, with its address or its own.
  private static let bonds = [
    InterfaceEvent(
      name: "the active port of a bond fails", part: .proxy, layout: .bond,
      steps: [.segment(["link set port0 down"])]),
    InterfaceEvent(
      name: "the active port of a bond fails, and the address changes", part: .proxy,
      layout: .followingBond, steps: [.segment(["link set port0 down"])],
      linkLayerAddress: Layout.secondPort),
    InterfaceEvent(
      name: "the failed port of a bond comes back", part: .proxy, layout: .followingBond,
      preparation: [.segment(["link set port0 down"])],
      // The bond looks every 50 ms.
      steps: [.segment(["link set port0 up"])], remedy: [.ip(["link set eth0 up"])],
      meanwhile: .answering),
    InterfaceEvent(
      name: "all ports of a bond fail, and come back", part: .proxy, layout: .bond,
      steps: [.segment(["link set port0 down", "link set port9 down"])],
      remedy: [.segment(["link set port9 up", "link set port0 up"])]),
  ]

  private static let vlans = [
    InterfaceEvent(
      name: "the trunk of a VLAN set down and up", part: .proxy, layout: .vlan,
      steps: [.ip(["link set trunk0 down"])],
      remedy: [.ip(["link set trunk0 up", Wire.outer.addressing()])]),
    InterfaceEvent(
      name: "the VLAN deleted and made again", part: .proxy, layout: .vlan,
      steps: [.ip(["link delete eth0"])],
      remedy: [
        .ip([
          "link add link trunk0 name eth0 type vlan id 7", "link set eth0 up",
          Wire.outer.addressing(),
        ])
      ]),
    InterfaceEvent(
      name: "cable of a trunk pulled out and put back", part: .proxy, layout: .vlan,
      steps: [.segment(["link set port0 down"])], remedy: [.segment(["link set port0 up"])]),
  ]

  /// A VRF leaves an interface what it receives, but not its addresses.
  private static let vrfs = [Part.proxy, .rule].flatMap { part in
    let name = part.wire.name
    let creation = ["link add red type vrf table 10", "link set red up"]
    let enslavement = ["link set \(name) master red", part.wire.addressing()]
    return [
      InterfaceEvent(
        name: "put into a VRF", part: part,
        preparation: [.ip(creation)], steps: [.ip(enslavement)]),
      InterfaceEvent(
        name: "released from a VRF", part: part,
        preparation: [.ip(creation + enslavement)],
        steps: [.ip(["link set \(name) nomaster", part.wire.addressing()])]),
      InterfaceEvent(
        name: "its VRF is deleted", part: part,
        preparation: [.ip(creation + enslavement)],
        steps: [.ip(["link delete red", part.wire.addressing()])]),
    ]
  }
}
