import ArgumentParser
import LinuxNet
import NDPWire

/// The subcommand `generate`: the generator on its own.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Solicits random targets of a prefix, and counts the answers.",
    discussion: """
      Sends on an interface of the network namespace in which it is started. Use a namespace \
      that was created for the test, because on a real link every host receives these \
      solicitations. Needs CAP_NET_RAW.
      """)

  @Argument(help: "The interface to send on.")
  var interface: String

  @Argument(help: "The prefix whose addresses are solicited.", transform: prefix)
  var targets: IPv6Prefix

  @Option(help: "The source address of the solicitations.", transform: address)
  var source: IPv6Address

  @Option(help: "Solicitations per second; as many as possible if not given.")
  var rate: Int?

  @Option(help: "How long, in seconds, 1 through 3600.")
  var seconds = 5

  @Option(help: "The seed of the random targets: the same seed gives the same targets.")
  var seed: UInt64 = 1

  func validate() throws {
    guard 1...3600 ~= seconds, 1...10_000_000 ~= rate ?? 1 else {
      throw ValidationError("--seconds takes 1 through 3600, --rate 1 through 10000000.")
    }
  }

  func run() throws {
    let (index, own) = try link()
    let generator = Generator(
      try PacketSender(interfaceIndex: index),
      from: Station(address: source, linkLayerAddress: own), targets: .inside(targets), seed: seed)
    let divisor = (rate ?? .max) > 50_000 ? 256 : 1
    let sample = AnswerSample(
      try AnswerSample.socket(interfaceIndex: index, divisor: divisor), divisor: divisor,
      expecting: .init(prefix: targets, destination: source, linkLayerAddress: nil))
    let start = BootClock.nanoseconds
    try generator.send(perSecond: rate, until: start + UInt64(seconds) * 1_000_000_000) {
      try sample.take()
    }
    let elapsed = Double(BootClock.nanoseconds - start) / 1e9
    let late = BootClock.nanoseconds + 500_000_000
    while BootClock.nanoseconds < late { try sample.take() }
    let perSecond = Int(Double(generator.sentCount) / elapsed)
    print("sent:     \(grouped(generator.sentCount)), \(grouped(perSecond)) per second")
    let about = divisor == 1 ? "" : "about "
    let answered = grouped(sample.count * divisor)
    print("answered: \(about)\(answered)\(divisor == 1 ? "" : ", by 1 in \(divisor)")")
    try sample.check()
  }

  /// The number and the link-layer address of the interface.
  private func link() throws -> (Int32, MACAddress) {
    var found: (Int32, MACAddress)?
    try HostMonitor().readAll { change in
      guard case .link(let link) = change, link.name == interface,
        let address = link.linkLayerAddress
      else { return }
      found = (link.index, address)
    }
    guard let found else {
      throw ValidationError("there is no interface \(interface) with a link-layer address")
    }
    return found
  }
}

private func prefix(_ text: String) throws -> IPv6Prefix {
  guard let prefix = IPv6Prefix(text) else {
    throw ValidationError("'\(text)' is no prefix such as 2001:db8::/64")
  }
  return prefix
}

private func address(_ text: String) throws -> IPv6Address {
  guard let address = IPv6Address(text) else { throw ValidationError("'\(text)' is no address") }
  return address
}
