import LinuxNet
import NDPWire
import NetworkLab

/// Who answers: ndpproxy and its peers.
enum Responder: String, CaseIterable, Sendable {
  case ndpproxy
  /// 0.2.5, as Debian has it.
  case ndppd
  /// `ReferenceLoop`: nothing but the system calls.
  case reference
  /// Linux's own `proxy_ndp`, which is told of each target beforehand.
  case kernel

  /// The programs of which only one is ours.
  static let programs: [Responder] = [.ndpproxy, .ndppd, .reference]

  /// How it is called below a plot.
  var title: String {
    switch self {
    case .ndpproxy: "ndpproxy"
    case .ndppd: "ndppd 0.2.5"
    case .reference: "bare recvmmsg/sendmmsg loop"
    case .kernel: "kernel proxy_ndp (unicast)"
    }
  }
}

/// What a responder is told, in the language that ndppd and ndpproxy share.
struct ResponderConfiguration: Sendable {
  /// The rules of the proxy on eth0.
  var rules: String
  /// Keys of the proxy.
  var proxyKeys = ""
  /// Keys above it, for ndpproxy alone: limits that a measurement has to raise.
  var ownKeys = ""
  /// Where ndpproxy listens for ndpctl, if it does.
  var controlSocket: String?
  /// How long ndppd is not asked: with an `auto` rule, an early question ends it.
  var silenceForNdppd = Duration.zero
  /// How long the first answer is waited for.
  var patience = Duration.seconds(60)
  /// Whether it is no failure but the finding that ndppd runs and has not answered by then.
  var ndppdMayBeSilent = false

  /// One static rule for the whole prefix.
  static let oneRule = ResponderConfiguration(
    rules: rule(BenchLink.proxiedPrefix, "static"))

  /// One rule; ndppd wants each word of it on the line where it has it.
  static func rule(_ prefix: IPv6Prefix, _ method: String) -> String {
    "rule \(prefix) {\n\(method)\n}\n"
  }

  /// `nil` for those that have no configuration.
  func text(for responder: Responder) -> String? {
    let proxy = "proxy eth0 {\n\(proxyKeys)\n\(rules)}\n"
    switch responder {
    // The default limits what a flood may cost; here the flood is what is measured.
    case .ndpproxy: return "max-advertisements 10000000\n\(ownKeys)\n\(proxy)"
    case .ndppd: return proxy
    case .reference, .kernel: return nil
    }
  }
}
