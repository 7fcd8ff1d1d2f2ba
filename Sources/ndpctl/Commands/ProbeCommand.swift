import ArgumentParser
import Console
import ControlProtocol
import JSONText
import LinuxNet
import LinuxSurvey
import NDPWire

/// The subcommand `probe`: asks who has an address.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Send solicitations for an address, as a router would, and show who answers.",
    usage: "ndpctl probe [OPTION...] -i NAME ADDRESS",
    discussion: """
      Sends a Neighbor Solicitation to the solicited-node multicast group of the address, then one \
      by unicast to each host that answered. Run it on another host on the same link: a host does \
      not answer its own solicitations. Requires root. The exit status is 0 if one host answers \
      both, 1 if no host answers, 2 if several hosts answer or the unicast solicitation is not \
      answered, and 3 if no solicitation could be sent.
      """)

  @Argument(help: "The target address.")
  var address: String

  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp("The interface to send on.", valueName: "name"),
    completion: .interfaceNames)
  var interface: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let outcome: Probe.Outcome
    let probe: Probe
    do {
      probe = try makeProbe()
      outcome = try probe.run()
    } catch let error as SystemError where error.isMissingPrivilege {
      complain("probe", "\(error); run it as root")
      throw ExitCode(DoctorCommand.couldNotLook)
    } catch {
      complain("probe", "\(error)")
      throw ExitCode(DoctorCommand.couldNotLook)
    }
    if output.json {
      output.printJSON(document: ProbeDocument(probe, outcome, exitStatus: outcome.exitStatus))
    } else {
      Screen().lines(outcome.lines(of: probe))
    }
    throw ExitCode(outcome.exitStatus)
  }

  private func makeProbe() throws -> Probe {
    guard let target = IPv6Address(address), !target.isMulticast, !target.isUnspecified else {
      throw DoctorFailure(description: "'\(address)' is not an IPv6 unicast address")
    }
    guard let link = try DetailedLink.readAll().first(where: { $0.link.goes(by: interface) })?.link
    else { throw DoctorFailure(description: "there is no interface '\(interface)'; see 'ip link'") }
    guard link.isUp, link.hasNeighborDiscovery, link.linkLayerAddress != nil else {
      throw DoctorFailure(
        description:
          "no solicitation can be sent on \(interface): it is down, or has no link-layer address"
      )
    }
    let addresses = try DetailedAddress.readAll().map(\.assigned)
    if addresses.contains(where: { $0.address == target }) {
      throw DoctorFailure(
        description: "\(target) is an address of this host; run this on another host on the link")
    }
    let usable = addresses.filter { $0.index == link.index && !$0.isTentative }
    guard
      let source = (usable.first { $0.address.isLinkLocal } ?? usable.first)?.address
    else { throw DoctorFailure(description: "\(interface) has no IPv6 source address") }
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
      "Soliciting \(probe.target) on \(probe.link.name) from \(probe.source).", "",
      "multicast to \(probe.target.solicitedNodeMulticast)",
    ]
    lines += toGroup.isEmpty ? ["  no answer"] : toGroup.flatMap(\.lines)
    for claimant in claimants {
      let answers = toName.filter { $0.frame.source == claimant || $0.claimant == claimant }
      lines += ["unicast to \(claimant)"]
      lines += answers.isEmpty ? ["  no answer"] : answers.flatMap(\.lines)
    }
    return lines + ["", verdict]
  }

  private var verdict: String {
    if toGroup.isEmpty {
      return "No host answers. Run 'ndpctl doctor' on the host of the proxy to find out why."
    }
    if claimants.count > 1 {
      return "Several hosts answer: is there more than one proxy, or a duplicate address?"
    }
    return toName.isEmpty
      ? "Answered by multicast, but not by unicast: routers will lose the target again and again."
      : "Answered both times. Run 'ndpctl doctor' on that host to check whether traffic passes."
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
private struct ProbeDocument: JSONWritable {
  let version = 1
  let exitStatus: Int32
  let target: String
  let interface: String
  let source: String
  let toGroup: [Answer]
  let toName: [Answer]

  struct Answer: JSONWritable {
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

    /// Writes an object; what has no value is left out.
    func write(to json: inout JSONWriter) {
      json.object {
        $0.member("linkLayerAddress", linkLayerAddress)
        $0.member("source", source)
        $0.member("microseconds", microseconds)
        $0.member("isRouter", isRouter)
        $0.member("isSolicited", isSolicited)
        $0.member("isOverride", isOverride)
      }
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

  /// Writes an object; what has no value is left out.
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("version", version)
      $0.member("exitStatus", exitStatus)
      $0.member("target", target)
      $0.member("interface", interface)
      $0.member("source", source)
      $0.member("toGroup", toGroup)
      $0.member("toName", toName)
    }
  }
}
