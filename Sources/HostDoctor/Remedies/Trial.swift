import LinuxNet
import LinuxSurvey
import NDPWire

// What the kernel would make of a remedy: it is tried on the picture of the host first.

extension Examination {
  /// The checks that a kernel variable or a route can upset.
  private static let upsetChecks = Diagnosis.checks.filter {
    [.addresses, .forwarding, .defaultRoute, .route].contains($0.step) && $0.code != "D46"
  }

  /// What is in the way of the rules by these checks, notes left out, each with what it is about.
  private var troubles: [(about: String, finding: Finding)] {
    Self.upsetChecks.flatMap { check -> [(about: String, finding: Finding)] in
      guard case .found(let findings) = check.examine(self) else { return [] }
      return findings.filter { $0.severity > .note }.map {
        ("\(check.code) \($0.subject ?? "")", $0)
      }
    }
  }

  /// A fix that brings nothing else into disorder, as far as can be foreseen.
  ///
  /// Where it would, the remedy of what it would bring comes first; where that does not help
  /// either, there is an obstacle instead.
  func tried(_ fix: Fix) -> Fix {
    guard [.sysctl, .route].contains(fix.scope), !fix.actions.isEmpty else { return fix }
    let before = troubles
    var fix = fix
    var harm = harm(of: fix, beyond: before)
    for _ in 0..<Self.trialLimit {
      guard let trouble = harm else { return fix }
      guard let first = trouble.fix?.withoutRoutes, !first.actions.isEmpty else { break }
      let combined = fix.after(first)
      guard combined != fix else { break }
      fix = combined
      harm = self.harm(of: fix, beyond: before)
    }
    guard let harm else { return fix }
    return Fix(
      obstacle: "the fix '\(fix.commands.joined(separator: "; "))' would cause a problem: "
        + harm.summary)
  }

  /// How many remedies may have to come before one.
  private static let trialLimit = 4

  /// What is found after a fix and was not before.
  ///
  /// Where the same check found something else before, it counts if a kernel variable would have
  /// prevented it.
  private func harm(
    of fix: Fix, beyond known: [(about: String, finding: Finding)]
  ) -> Finding? {
    let subjects = Set(known.map(\.about))
    let summaries = Set(known.map(\.finding.summary))
    return on(picture.after(fix.actions)).troubles.first { about, finding in
      if !subjects.contains(about) { return true }
      return !summaries.contains(finding.summary)
        && finding.fix?.withoutRoutes.actions.isEmpty == false
    }?.finding
  }
}

extension Fix {
  /// What of it can be done before something is lost: kernel variables.
  fileprivate var withoutRoutes: Fix {
    Fix(
      actions.filter { if case .set = $0 { true } else { false } }, lasting: lasting,
      scope: .sysctl)
  }
}

extension HostPicture {
  /// How this host would be after some actions, as far as the doctor knows what they do.
  func after(_ actions: [Action]) -> HostPicture {
    var picture = self
    for action in actions {
      switch action {
      case .set(let variable, let value): picture.set(variable, to: value)
      case .append(let line, let path):
        picture.bootSettings = picture.bootSettings.adding(line, place: path)
      case .run(let words): picture.addRoute(words)
      case .write: continue
      }
    }
    picture.follow(self)
    return picture
  }

  private mutating func set(_ variable: KernelVariable, to value: String) {
    guard let (name, key) = variable.interfaceSetting, let number = Int(value) else { return }
    let places = links.indices.filter { name == "all" || links[$0].link.name == name }
    for place in places {
      switch key {
      case "forwarding": links[place].settings?.forwarding = number
      case "accept_ra" where name != "all":
        links[place].settings?.acceptRouterAdvertisements = number
      case "disable_ipv6": links[place].settings?.isDisabled = number != 0
      default: continue
      }
    }
    guard key == "forwarding" else { return }
    if name == "all" { forwarding.all = number != 0 }
    if number != 0 { forgetAdvertisedRoutes() }
  }

  /// The kernel drops the default routes that router advertisements made when an interface becomes
  /// a router's, of all whose accept_ra is not 2 (rt6_purge_dflt_routers).
  ///
  /// Where accept_ra is 0, somebody else made the route, and it stays.
  private mutating func forgetAdvertisedRoutes() {
    let deaf = links.filter { $0.settings?.acceptRouterAdvertisements == 1 }.map(\.link.index)
    routes.removeAll {
      $0.isFromRouterAdvertisement && $0.destination.length == 0
        && deaf.contains($0.interface ?? 0)
    }
  }

  /// Adds the route of `ip -6 route add PREFIX dev NAME …`.
  private mutating func addRoute(_ words: [String]) {
    guard words.starts(with: ["ip", "-6", "route", "add"]), words.count > 4 else { return }
    let value = { (key: String) -> String? in
      words.firstIndex(of: key).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }
    let prefix = words[4] == "default" ? "::/0" : words[4]
    guard let destination = IPv6Prefix(prefix), value("table") == nil else { return }
    routes.append(
      RouteEntry(
        destination: destination,
        interface: value("dev").flatMap { link(named: $0)?.link.index },
        gateway: value("via").flatMap { IPv6Address($0) },
        metric: value("metric").flatMap { UInt32($0) } ?? 1024))
  }

  /// Decides anew what is decided by the routing tables alone.
  ///
  /// What the kernel decided otherwise than the tables say, by policy rules for example, stays.
  mutating func follow(_ former: HostPicture) {
    // What is the same in both decides nothing anew.
    guard routes != former.routes else { return }
    for (question, decision) in former.decisions where former.foreseen(question) == decision.way {
      if let foreseen = foreseenDecision(question) { decisions[question] = foreseen }
    }
  }

  private func foreseen(_ question: RouteQuestion) -> RouteDecision.Way? {
    foreseenDecision(question)?.way
  }

  /// What the tables local and main say; `nil` where others may count.
  func foreseenDecision(_ question: RouteQuestion) -> RouteDecision? {
    guard policyRules.isEmpty, question.interface.flatMap({ link(at: $0)?.link.vrf }) == nil else {
      return nil
    }
    for table in [localTable, mainTable] {
      let covering = routes.filter {
        $0.table == table && $0.destination.contains(question.destination)
      }
      let best = covering.min {
        ($1.destination.length, $0.metric) < ($0.destination.length, $1.metric)
      }
      if let best { return best.type.isRefusal ? .refused(best.type) : .route(best) }
    }
    return .nothing
  }
}

extension RouteDecision {
  /// What matters of a decision.
  fileprivate enum Way: Equatable {
    case interface(Int32?), local, refused, nothing
  }

  fileprivate var way: Way {
    switch self {
    case .route(let route): route.type == .local ? .local : .interface(route.interface)
    case .refused: .refused
    case .nothing: .nothing
    }
  }
}
