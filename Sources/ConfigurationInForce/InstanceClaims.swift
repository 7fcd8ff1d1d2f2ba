import LinuxNet
package import ProxyConfig
import ProxyModel

/// The claims to all proxy interfaces, so that no second daemon answers on one of them.
package final class InstanceClaims {
  private var claims: [InstanceClaim] = []
  private let trusted: Set<UInt32>
  /// An interface's own name, where a name is another one for it; otherwise as it is.
  ///
  /// Once system calls are limited the kernel can no longer be asked for it like this.
  var primaryName: (String) -> String = InstanceClaim.primaryName

  /// What says to others that this process runs; `nil` before, and where very many run.
  private var presence: InstanceClaim?

  /// An interface that another daemon serves.
  package struct Refusal: Error, CustomStringConvertible {
    let interface: String
    /// Its number; 0 where it is of another PID namespace.
    let process: Int32

    package var description: String {
      let who = process == 0 ? "in another PID namespace" : "process \(process)"
      return """
        \(interface) is already served by ndpproxy, \(who); stop that one, or take \(interface) \
        out of one of the two configurations
        """
    }
  }

  /// `trusted` are the users besides root and our own whose daemons count.
  package init(trusting trusted: Set<UInt32>) { self.trusted = trusted }

  /// Holds the claims to the proxy interfaces of a configuration and to no others from now on, and
  /// gives back what there is to warn of.
  ///
  /// Throws where another daemon has one; then nothing changes. An interface that is called by an
  /// alternative name is claimed by its own as well. A daemon that is about to end has `patience`
  /// for it; whoever serves packets has none. Each claim takes a descriptor.
  package func update(
    to configuration: Configuration, patience: Duration = .zero
  ) throws(Refusal) -> [String] {
    let names = configuration.proxies.lazy.filter { !$0.rules.isEmpty }.map { $0.interface }
    var wanted = Set(names).union(names.map(primaryName))
    let kept = claims.filter { wanted.remove($0.interface) != nil }
    var added: [InstanceClaim] = []
    for interface in wanted.sorted() { added.append(try claim(interface, patience)) }
    for claim in kept { claim.turnAway() }
    claims = kept + added
    return added.compactMap { $0.warning }
  }

  /// Says to others that this process runs, from now on; returns whether no other daemon does that
  /// in this network namespace.
  ///
  /// Then what a daemon left in the kernel is nobody's. Takes a descriptor.
  package func announcePresence() -> Bool {
    var isAlone = true
    for number in 0..<Self.presences {
      // No interface has such a name.
      let claim = try? InstanceClaim(interface: "/\(number)", trusting: trusted)
      if claim == nil { isAlone = false }
      if let claim, claim.standing == .held, presence == nil { presence = claim }
    }
    return isAlone
  }

  /// How many daemons in one network namespace know of each other.
  private static let presences = 8

  /// Throws where another daemon has an interface of a configuration; changes nothing.
  ///
  /// What nobody has is claimed for the moment.
  func check(_ configuration: Configuration) throws(Refusal) {
    let names = configuration.proxies.lazy.filter { !$0.rules.isEmpty }.map { $0.interface }
    let held = Set(claims.map { $0.interface })
    let wanted = Set(names).union(names.map(primaryName)).subtracting(held)
    for interface in wanted.sorted() { _ = try claim(interface, .zero) }
  }

  private func claim(
    _ interface: String, _ patience: Duration
  ) throws(Refusal) -> InstanceClaim {
    do {
      return try InstanceClaim(interface: interface, trusting: trusted, patience: patience)
    } catch {
      switch error {
      case .held(let process): throw Refusal(interface: interface, process: process)
      }
    }
  }
}

extension InstanceClaim {
  fileprivate var warning: String? {
    switch standing {
    case .held: nil
    case .contested(let process, let user):
      """
      \(interface): process \(process) of user \(user) is in the place where ndpproxy claims an \
      interface, and has no right to; starting all the same
      """
    case .unknown(let error): "\(interface): a second ndpproxy would not be noticed: \(error)"
    }
  }
}
