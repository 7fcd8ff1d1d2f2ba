import ControlProtocol
import LinuxSurvey
import NDPWire

/// What IPsec policies of this host do with packets for an address.
///
/// The daemon may not read them, and needs not: its answers do not depend on them. But whether
/// traffic can pass after an answer does.
enum PolicyEffect {
  case none
  /// They are sent through IPsec, and the routing table does not matter.
  case transformed
  case blocked
  /// Only root may read policies.
  case unread

  /// Reads the policies of this host.
  init(on address: IPv6Address) {
    do {
      let policies = try TransformPolicy.readAll()
      switch policies.first(where: { $0.destination.contains(address) })?.verdict {
      case .transform?: self = .transformed
      case .block?: self = .blocked
      case .pass?, nil: self = .none
      }
    } catch {
      self = .unread
    }
  }

  /// Takes back that the route leads nowhere, where it does not count.
  func apply(to explanation: inout Explanation) {
    guard explanation.verdict.code == "answeredInVain", case .transformed = self else { return }
    explanation.verdict.code = "answered"
    let parts = explanation.verdict.sentence.split(separator: ";")
    explanation.verdict.sentence =
      parts.dropLast().joined(separator: ";") + "; an IPsec policy takes packets for it"
  }
}
