/// Whoever has to know what happens in this host.
package protocol EventListener: AnyObject {
  /// Something is different; more may follow.
  func take(_ event: Event)

  /// That was all for now.
  func settle()
}

/// Whoever does what the engine wants of the kernel.
package protocol ActionPerformer: AnyObject {
  /// Does it; returns what the engine is to be told then.
  func perform(_ action: Action) -> Event?
}
