package import ProxyModel

/// What one configuration file asks for, defaults filled in and every value within its range.
package struct Configuration: Equatable, Sendable {
  /// What to answer for.
  package var ruleset = Ruleset()

  /// The bounds for all proxies together.
  package var limits = Limits()

  /// `kernel-path`: whether questions are answered inside the kernel.
  package var kernelPath = KernelPathMode.auto
  /// `keep-targets`: the file in which targets that were solicited are kept over a restart; `nil`
  /// for none.
  package var targetsPath: String?

  /// `route-ttl` where it was given: without effect, kept so that printing loses nothing.
  package var routeTTL: Duration?

  /// `address-ttl` where it was given: without effect, kept so that printing loses nothing.
  package var addressTTL: Duration?

  /// Makes a configuration that asks for nothing.
  package init() {}

  /// One per interface, in the order of the file.
  package var proxies: [Ruleset.Proxy] { ruleset.proxies }
}
