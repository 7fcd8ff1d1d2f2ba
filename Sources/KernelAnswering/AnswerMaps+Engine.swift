import KernelPath
import NDPWire
import ProxyEngine
import ProxyModel

// What the engine publishes, as the program in the kernel has to know it.

extension AnswerRule {
  /// A rule of the engine's.
  init(_ rule: PublishedRule) {
    let method: Method =
      switch rule.method {
      case .excluded: .excluded
      case .static: .static
      case .conditional: .conditional
      case .routed: .routed
      }
    self.init(rule.prefix, method, countedAt: rule.position)
  }
}

extension AnswerLink {
  /// An answer table of the engine's.
  init(_ contents: AnswerContents, answersEarly: Bool) {
    self.init(
      interface: UInt32(contents.interface.rawValue), linkLayerAddress: contents.linkLayerAddress,
      isRouter: contents.isRouter, isOverride: contents.isOverride,
      linkLocalSource: contents.linkLocalSource,
      places: contents.places.map { ($0.prefix, $0.source) },
      answersAsTarget: contents.answersAsTarget, answersEarly: answersEarly,
      addresses: contents.addresses.map { ($0.address, $0.prefix) })
  }
}
