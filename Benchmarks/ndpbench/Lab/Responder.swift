import LinuxNet
import NDPWire
import NetworkLab
import ProxyConfig

/// Who answers: ndpproxy and its peers.
enum Responder: String, CaseIterable, Sendable {
  /// By default: in the kernel.
  case ndpproxy
  /// With `kernel-path no`.
  case sockets
  /// 0.2.5, as Debian has it.
  case ndppd
  /// `ReferenceLoop`: nothing but the system calls.
  case reference
  /// Linux's own `proxy_ndp`, which is told of each target beforehand.
  case kernel

  /// The programs of which only one is ours.
  static let programs: [Responder] = [.ndpproxy, .sockets, .ndppd, .reference]

  /// Whether it is ours.
  var isOurs: Bool { self == .ndpproxy || self == .sockets }

  /// How it is called below a plot.
  var title: String {
    switch self {
    case .ndpproxy: "ndpproxy"
    case .sockets: "ndpproxy, packet sockets"
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
  /// How many targets of `iface` rules there are to be at once.
  ///
  /// Up to the default of `max-sessions` ndpproxy runs with its defaults. Beyond that whoever has
  /// so many has to raise the limits, and so does the configuration here.
  var sessionCount = 0
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
    let proxy = "proxy eth0 {\n\(needsLargerLimits ? Self.longLifetime : "")\(rules)}\n"
    switch responder {
    case .ndpproxy: return needsLargerLimits ? "\(largerLimits)\(proxy)" : proxy
    case .sockets:
      return "kernel-path no\n" + (needsLargerLimits ? "\(largerLimits)\(proxy)" : proxy)
    case .ndppd: return proxy
    case .reference, .kernel: return nil
    }
  }

  /// Whether there are more targets than the defaults provide for.
  var needsLargerLimits: Bool { sessionCount > Configuration().limits.sessions }

  /// Room for the targets, and for becoming acquainted with them within a minute.
  private var largerLimits: String {
    "max-sessions \(sessionCount + sessionCount / 32)\nmax-solicitations 10000000\n"
  }

  /// Targets that are asked for once stay known while others become so.
  private static let longLifetime = "ttl 86400000\n"
}
