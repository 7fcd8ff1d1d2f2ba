import ArgumentParser
import Console
import ControlProtocol
import LinuxNet
import LinuxSurvey
import NDPWire

/// The subcommand `probe`: asks who has an address.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Asks on a link who has an address, as a router would.",
    discussion: """
      Sends a Neighbor Solicitation to the address's group, as for a neighbour that is not known, \
      then one to each station that answered, as to see whether it is still there, and shows who \
      answers. Run it on another host of the link: nobody answers himself. Needs root. Exits with \
      0 if one station answers both times, 1 if nobody answers, 2 if several answer or the second \
      question stays unanswered, 3 if it could not ask.
      """)

  @Argument(help: "The address to ask for.")
  var address: String

  @Option(
    name: [.customShort("i"), .long], help: "The interface to ask on.",
    completion: .interfaceNames)
  var interface: String

  @Flag(help: "Print a JSON document.")
  var json = false

  func run() throws {
    let outcome: Probe.Outcome
    let probe: Probe
    do {
      probe = try makeProbe()
      outcome = try probe.run()
    } catch let error as SystemError where error.isMissingPrivilege {
      complain("probe", "\(error); it needs root")
      throw ExitCode(DoctorCommand.couldNotLook)
    } catch {
      complain("probe", "\(error)")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    if json {
      printJSON(document: ProbeDocument(probe, outcome, exitStatus: outcome.exitStatus))
    } else {
      Screen().lines(outcome.lines(of: probe))
    }
    throw ExitCode(outcome.exitStatus)
  }

  private func makeProbe() throws -> Probe {
    guard let target = IPv6Address(address), !target.isMulticast, !target.isUnspecified else {
      throw DoctorFailure(description: "'\(address)' is no address that somebody can have")
    }
    guard let link = try DetailedLink.readAll().first(where: { $0.link.goes(by: interface) })?.link
    else { throw DoctorFailure(description: "there is no interface '\(interface)'; see 'ip link'") }
    guard link.isUp, link.hasNeighborDiscovery, link.linkLayerAddress != nil else {
      throw DoctorFailure(
        description: "nobody can be asked on \(interface): it is down, or has no link-layer address"
      )
    }
    let addresses = try DetailedAddress.readAll().map(\.assigned)
    if addresses.contains(where: { $0.address == target }) {
      throw DoctorFailure(
        description: "\(target) is this host's own; ask from another host of the link")
    }
    let usable = addresses.filter { $0.index == link.index && !$0.isTentative }
    guard
      let source = (usable.first { $0.address.isLinkLocal } ?? usable.first)?.address
    else { throw DoctorFailure(description: "\(interface) has no IPv6 address to ask from") }
    return Probe(target: target, link: link, source: source)
  }
}

extension Probe.Outcome {
  /// 0 if one station answers both times, 1 if nobody does, 2 for anything between.
  var exitStatus: Int32 {
    if toGroup.isEmpty { return 1 }
    return claimants.count == 1 && !toName.isEmpty ? 0 : 2
  }

  /// What a terminal shows.
  func lines(of probe: Probe) -> [String] {
    var lines = [
      "Who has \(probe.target)? \(probe.link.name) asks, as \(probe.source).", "",
      "to the group \(probe.target.solicitedNodeMulticast)",
    ]
    lines += toGroup.isEmpty ? ["  nobody answers"] : toGroup.flatMap(\.lines)
    for claimant in claimants {
      let answers = toName.filter { $0.frame.source == claimant || $0.claimant == claimant }
      lines += ["to \(claimant) by unicast"]
      lines += answers.isEmpty ? ["  nobody answers"] : answers.flatMap(\.lines)
    }
    return lines + ["", verdict]
  }

  private var verdict: String {
    if toGroup.isEmpty {
      return "Nobody answers. On the proxy's host, 'ndpctl doctor' says why."
    }
    if claimants.count > 1 { return "Several stations claim the address: one proxy too many?" }
    return toName.isEmpty
      ? "Answered at first, but not when asked by unicast: routers will lose it again and again."
      : "Answered both times. Whether traffic then passes, 'ndpctl doctor' says there."
  }
}

extension Probe.Answer {
  fileprivate var lines: [String] {
    let message = frame.message
    let flags = [(message.isRouter, "R"), (message.isSolicited, "S"), (message.isOverride, "O")]
      .filter(\.0).map(\.1).joined(separator: " ")
    return [
      "  \(claimant) after \(microseconds) µs, flags \(flags.isEmpty ? "none" : flags)",
      "  from \(message.source)",
    ]
  }

  /// Since the question.
  var microseconds: Int { Int(latency / .microseconds(1)) }
}

/// What `ndpctl probe --json` prints; `docs/doctor.md` describes it.
private struct ProbeDocument: Encodable {
  let version = 1
  let exitStatus: Int32
  let target: String
  let interface: String
  let source: String
  let toGroup: [Answer]
  let toName: [Answer]

  struct Answer: Encodable {
    let linkLayerAddress: String
    let source: String
    let microseconds: Int
    let isRouter: Bool
    let isSolicited: Bool
    let isOverride: Bool

    init(_ answer: Probe.Answer) {
      let message = answer.frame.message
      linkLayerAddress = "\(answer.claimant)"
      source = "\(message.source)"
      microseconds = answer.microseconds
      isRouter = message.isRouter
      isSolicited = message.isSolicited
      isOverride = message.isOverride
    }
  }

  init(_ probe: Probe, _ outcome: Probe.Outcome, exitStatus: Int32) {
    self.exitStatus = exitStatus
    target = "\(probe.target)"
    interface = probe.link.name
    source = "\(probe.source)"
    toGroup = outcome.toGroup.map(Answer.init)
    toName = outcome.toName.map(Answer.init)
  }
}
