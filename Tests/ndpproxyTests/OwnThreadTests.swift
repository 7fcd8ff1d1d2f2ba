import Glibc
import Testing

/// What runs beside a test.
struct OwnThreadTests {
  @Test func `a station answers while other tests block all threads`() async throws {
    // Each of them waits for the station, which would be after them, and gives up.
    nonisolated(unsafe) let signal = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    defer { signal.deallocate() }
    sem_init(signal, 0, 0)
    let blockers = 8
    let released = try await during({ gate in
      gate.open()
      while !Task.isCancelled {
        sem_post(signal)
        try? await Task.sleep(for: .milliseconds(1))
      }
    }) {
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<blockers {
          group.addTask {
            var end = timespec()
            clock_gettime(CLOCK_REALTIME, &end)
            end.tv_sec += 10
            for _ in 0..<20 where sem_timedwait(signal, &end) != 0 { return false }
            return true
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
    }
    #expect(released == blockers)
  }
}
