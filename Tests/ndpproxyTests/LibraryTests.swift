import Subprocess
import Testing

/// What the daemon needs of Swift's libraries.
struct LibraryTests {
  /// Of these, each would cost more code and private memory than all that is ours.
  @Test(arguments: ["_StringProcessing", "_RegexParser", "_Concurrency", "Dispatch", "Foundation"])
  func `the daemon takes nothing of it`(library: String) async throws {
    // Mangled, a module's name stands behind its length.
    let mangled = "\(library.utf8.count)\(library)"
    for table in [["--no-sort"], ["--no-sort", "--dynamic"]] {
      let result = try await Subprocess.run(
        .name("nm"), arguments: Arguments(table + [ndpproxy]), output: .string(limit: 1 << 26),
        error: .discarded)
      #expect(result.terminationStatus == .exited(0))
      let symbols = result.standardOutput.split(separator: "\n")
      // Our own are always there, so the table is that of a Swift program.
      #expect(table.count > 1 || symbols.contains { $0.contains("11ProxyDaemon") })
      #expect(symbols.filter { $0.contains(mangled) }.prefix(3) == [])
    }
  }
}
