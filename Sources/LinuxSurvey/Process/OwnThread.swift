import Glibc

/// A thread that ends with what it does, so that nothing it changes about itself stays: its
/// capabilities, for example.
package enum OwnThread {
  /// Runs `body` on a new thread; throws what it throws.
  package static func run<Result: Sendable>(
    _ body: @Sendable @escaping () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let work = Work { continuation.resume(with: Swift.Result(catching: body)) }
      var thread = pthread_t()
      let context = unsafe Unmanaged.passRetained(work).toOpaque()
      let error = unsafe pthread_create(
        &thread, nil,
        { context in
          guard let context = unsafe context else { return nil }
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
          return nil
        }, context)
      precondition(error == 0, "no thread: error \(error)")
      pthread_detach(thread)
    }
  }

  private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }
}
