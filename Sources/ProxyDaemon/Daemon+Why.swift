import ControlProtocol
import Inspection
import LinuxNet
import NDPWire
import ProxyEngine
import ProxyModel

// What becomes of a question for one target.

extension Daemon {
  func explanation(of target: IPv6Address) -> Reply {
    let now = now
    do {
      var explanation = try Explainer(
        host: host, plan: plan,
        condition: { [conditions, plan, host] in
          conditions[$0] ?? plan.condition(of: $0, in: host)
        }, neighbors: NeighborLookup()
      ).explanation(
        of: target, engine: engine, now: now,
        solicitor: { recent.solicitor(on: $0, for: target) },
        route: { self.lookUpRoute(to: target, from: $0) })
      explanation.isLive = true
      explanation.messages = recent.entries(about: target, limit: Self.shownMessages).map {
        RecentMessage(
          ageMilliseconds: now.milliseconds(since: $0.at), interface: name(of: $0.interface),
          kind: $0.solicitor != nil ? .solicitation : .advertisement, source: $0.source,
          reason: $0.outcome.sentence)
      }
      explanation.verdict = Explanation.Verdict(of: explanation, rules: rulePage(from: 0).rules)
      return .why(explanation)
    } catch {
      return .error(RequestFailure(.notFound, "the kernel cannot be asked: \(error)"))
    }
  }

  /// How many messages about one target are told.
  private static let shownMessages = 8
}
