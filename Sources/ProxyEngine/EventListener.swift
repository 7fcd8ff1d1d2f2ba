/// Whoever has to know what happens in this host.
package protocol EventListener: AnyObject {
  /// Something is different; more may follow.
  func take(_ event: Event)

  /// That was all for now.
  func settle()
}

/// Whoever does what the engine wants of the kernel.
package protocol ActionPerformer: AnyObject {
  /// What the kernel says to an action that is a question for it; `nil` for others.
  ///
  /// Tells nobody anything.
  func answer(to question: Action) -> Event?

  /// Does what is to be done.
  func perform(_ action: Action)
}
