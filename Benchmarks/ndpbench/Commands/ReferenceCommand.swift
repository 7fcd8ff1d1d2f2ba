import ArgumentParser
import NDPWire
import NetworkLab

/// The hidden subcommand `reference`: answers every solicitation on an interface of the lab.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Answers everything, as fast as the kernel allows.",
    shouldDisplay: false)

  @Argument var interfaceIndex: Int32

  func run() {
    ReferenceLoop(
      interfaceIndex: interfaceIndex, linkLayerAddress: BenchLink.responderLinkLayerAddress,
      source: FoundingNetwork.gatewayAddress
    ).run()
  }
}
