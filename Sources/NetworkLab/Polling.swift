/// Asks `probe` again and again until it answers; `nil` if it has not within `patience`.
///
/// Asks at least once, every 5 ms. Throws what the probe throws, or that the task was cancelled.
package func poll<Answer>(
  within patience: Duration, _ probe: () async throws -> Answer?
) async throws -> Answer? {
  let deadline = ContinuousClock.now + patience
  while true {
    if let answer = try await probe() { return answer }
    guard ContinuousClock.now < deadline else { return nil }
    try await Task.sleep(for: .milliseconds(5))
  }
}
