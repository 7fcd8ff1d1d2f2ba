import NDPWire
import NetworkLab

extension InterfaceEvent {
  /// Every event, on each of the parts that an interface may play.
  package static let all = Part.allCases.flatMap(events)

  private static func events(of part: Part) -> [InterfaceEvent] {
    presence(of: part) + names(of: part) + properties(of: part) + overruns(of: part)
  }

  /// It comes, goes and comes back.
  private static func presence(of part: Part) -> [InterfaceEvent] {
    let wire = part.wire
    let name = wire.name
    let deletion = Step.ip(["link delete \(name)"])
    var events = [
      InterfaceEvent(
        name: "absent at start, created later", part: part, happensBeforeStart: true,
        steps: [deletion], remedy: [.plug(keepsIndex: false)]),
      InterfaceEvent(
        name: "down at start, set up later", part: part, happensBeforeStart: true,
        steps: [.ip(["link set \(name) down"])],
        remedy: [.ip(["link set \(name) up", wire.addressing()])]),
      InterfaceEvent(
        name: "set down and up", part: part, steps: [.ip(["link set \(name) down"])],
        remedy: [.ip(["link set \(name) up", wire.addressing()])]),
      InterfaceEvent(
        name: "deleted, created with another index", part: part, steps: [deletion],
        remedy: [.plug(keepsIndex: false)]),
      InterfaceEvent(
        name: "deleted, created with the same index", part: part, steps: [deletion],
        remedy: [.plug(keepsIndex: true)]),
      InterfaceEvent(
        name: "moved to another network namespace and back", part: part,
        steps: [.ip(["link set \(name) netns {elsewhere}"])],
        remedy: [
          .elsewhere(["link set \(name) netns {gateway}"]),
          .ip(["link set \(name) up", wire.addressing()]),
        ]),
    ]
    if part == .pattern {
      events.append(
        InterfaceEvent(
          name: "deleted and created while `zt9` stays", part: part,
          preparation: [
            .ip([
              "link add zt9 type veth peer name end9", "link set end9 up",
              "link set zt9 up",
            ])
          ],
          steps: [deletion], remedy: [.plug(keepsIndex: false)]))
    }
    return events
  }

  /// Its name is taken or given.
  private static func names(of part: Part) -> [InterfaceEvent] {
    let wire = part.wire
    let name = wire.name
    let away = ["link set \(name) down", "link set \(name) name away0", "link set away0 up"]
    var events = [
      InterfaceEvent(
        name: "renamed and named as before", part: part,
        steps: [.ip(away + [wire.addressing("away0")])],
        remedy: [
          .ip([
            "link set away0 down", "link set away0 name \(name)", "link set \(name) up",
            wire.addressing(),
          ])
        ], meanwhile: part == .auto ? .answering : .silent)
    ]
    if part != .auto {
      let address = MACAddress(bits: 0x0200_0000_009e)
      events.append(
        InterfaceEvent(
          name: "renamed, and another gets its name", part: part,
          preparation: [.plugSpare("spare0", address)], steps: [.ip(away)],
          remedy: [
            .ip([
              "link set spare0 down", "link set spare0 name \(name)", "link set \(name) up",
              wire.addressing(),
            ])
          ],
          linkLayerAddress: part == .proxy ? address : FoundingNetwork.gatewayLinkLayerAddress))
    }
    return events
  }

  /// It stays, and something about it changes.
  private static func properties(of part: Part) -> [InterfaceEvent] {
    let wire = part.wire
    let name = wire.name
    let changed = MACAddress(bits: 0x0200_0000_7777)
    let silence = part == .proxy ? Duration.seconds(1) : .milliseconds(3500)
    return [
      InterfaceEvent(
        name: "another link-layer address", part: part,
        steps: [.ip(["link set \(name) address \(changed)"])],
        linkLayerAddress: part == .proxy ? changed : FoundingNetwork.gatewayLinkLayerAddress),
      InterfaceEvent(
        name: "made a port of a bridge and released", part: part,
        steps: [
          .ip([
            "link add br9 type bridge", "link set br9 up",
            "link set \(name) master br9",
          ])
        ],
        remedy: [.ip(["link set \(name) nomaster"])], silence: silence,
        isLoggedWith: part == .auto ? nil : "is a port of br9"),
      InterfaceEvent(
        name: "link-local address lost and regained", part: part,
        steps: [.ip(["address delete \(wire.linkLocal) dev \(name)"])],
        remedy: [.ip(["address add \(wire.linkLocal) dev \(name) nodad"])],
        meanwhile: .answering),
      InterfaceEvent(
        name: "all addresses lost and regained", part: part,
        steps: [
          .ip([
            "address delete \(wire.linkLocal) dev \(name)",
            "address delete \(wire.address) dev \(name)",
          ])
        ],
        remedy: [.ip(["address add \(wire.linkLocal) dev \(name) nodad", wire.addressing()])],
        silence: silence, meanwhile: .either),
      InterfaceEvent(
        name: "IPv6 switched off and on", part: part,
        steps: [.set("\(name)/disable_ipv6", "1")],
        remedy: [.set("\(name)/disable_ipv6", "0"), .ip([wire.addressing()])],
        silence: silence, meanwhile: .either),
      InterfaceEvent(
        name: "MTU too small for IPv6, then as before", part: part,
        steps: [.ip(["link set \(name) mtu 1000"])],
        remedy: [.ip(["link set \(name) mtu 1500", wire.addressing()])],
        silence: silence, meanwhile: .either),
      InterfaceEvent(
        name: "cable pulled out and put back", part: part,
        steps: [.segment(["link set port0 down"])], remedy: [.segment(["link set port0 up"])],
        silence: silence, meanwhile: part == .proxy ? .silent : .either),
    ]
  }

  /// It changes while nobody listens, and the kernel drops the news.
  ///
  /// The kernel path answers for known targets meanwhile, until their `ttl` is over; on an
  /// interface that is gone it cannot.
  private static func overruns(of part: Part) -> [InterfaceEvent] {
    let meanwhile = part == .proxy ? InterfaceEvent.Meanwhile.silent : .either
    return [
      InterfaceEvent(
        name: "deleted and created during a storm of changes", part: part,
        steps: [.suspend, .storm, .ip(["link delete \(part.wire.name)"])],
        remedy: [.plug(keepsIndex: false), .resume], meanwhile: meanwhile,
        isLoggedWith: "reading all interfaces again"),
      InterfaceEvent(
        name: "deleted and created with its index during a storm", part: part,
        steps: [.suspend, .storm, .ip(["link delete \(part.wire.name)"])],
        remedy: [.plug(keepsIndex: true), .resume], meanwhile: meanwhile,
        isLoggedWith: "reading all interfaces again"),
    ]
  }
}
