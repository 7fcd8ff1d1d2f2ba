/// What to do about a finding.
package struct Fix: Equatable, Sendable {
  /// What to do, one after the other; it takes effect at once.
  ///
  /// Empty where not all of it can be said exactly.
  package let actions: [Action]
  /// Why there is nothing to do; `nil` where there is.
  package let obstacle: String?
  /// How to make it last.
  package let lasting: [Advice]
  /// What the actions change.
  package let scope: Scope

  /// What a fix changes.
  package enum Scope: String, Sendable {
    /// Kernel variables alone.
    case sysctl
    /// Adds routes, or rules that choose one; takes none away.
    case route
    /// Adds rules that accept something to chains of others.
    case accept
    /// The nftables table `ndpproxy`, which is ours.
    case ownTable = "own-table"
    /// Anything else, which is for people to do.
    case other
  }

  init(_ actions: [Action], lasting: [Advice], scope: Scope = .other) {
    let isExact = actions.allSatisfy { $0.shell != nil }
    self.actions = isExact ? actions : []
    obstacle = isExact ? nil : Self.unwritable
    self.lasting = lasting
    self.scope = scope
  }

  /// One that cannot be given, and why.
  init(obstacle: String) {
    actions = []
    self.obstacle = obstacle
    lasting = []
    scope = .other
  }

  /// Commands for a shell, to be run by root one after the other.
  package var commands: [String] { actions.compactMap(\.shell) }

  /// Why a name keeps a command from being written, and what to do.
  static let unwritable =
    "no command can be given: a name in it is not UTF-8 or ends in a line feed; rename it first"
}

extension Fix {
  /// Sets a kernel variable now and at boot; `nil` is one that cannot be named.
  init(sysctl variable: KernelVariable?, to value: String, lasting: Advice) {
    guard let variable else { self.init(obstacle: Self.nameless); return }
    self.init(
      [.set(variable, to: value)],
      lasting: [variable.hasPlainName ? lasting : Self.unnameable], scope: .sysctl)
  }

  /// The same after another fix, without which it would do harm.
  func after(_ other: Fix) -> Fix {
    Fix(
      other.actions + actions.filter { !other.actions.contains($0) },
      lasting: other.lasting + lasting.filter { !other.lasting.contains($0) },
      scope: scope == .sysctl ? other.scope : scope)
  }

  /// Why no file makes it last.
  static let unnameable: Advice =
    "sysctl.d(5) cannot name this interface: rename it to letters and digits first"

  /// Why there is no command for an interface's variable.
  private static let nameless =
    "no command can be given for an interface of this name: rename it to letters and digits first"
}
