import Glibc
import LinuxNet
import NetworkLab
import Subprocess
import SystemPackage

/// What a run of the program left behind.
struct Run: Equatable {
  let status: TerminationStatus
  let output: String
  let complaint: String
}

/// The program as the same build made it.
let ndpproxy = (try? Host.programBeside("ndpproxy")) ?? ""

/// Runs ndpproxy with these arguments until it ends.
func run(_ arguments: String..., wrappedIn wrapper: [String] = []) async throws -> Run {
  try await run(arguments, wrappedIn: wrapper)
}

func run(_ arguments: [String], wrappedIn wrapper: [String] = []) async throws -> Run {
  let words = ["NDPPROXY_SOCKET=off"] + wrapper + [ndpproxy] + arguments
  let result = try await Subprocess.run(
    .name("env"), arguments: Arguments(words), output: .string(limit: 1 << 20),
    error: .string(limit: 1 << 20))
  return Run(
    status: result.terminationStatus, output: result.standardOutput,
    complaint: result.standardError)
}

/// A configuration that answers for the founding network's members.
func configuration(_ method: String, interface: String = "eth0") -> String {
  """
  proxy \(interface) {
    rule \(FoundingNetwork.insidePrefix) {
      \(method)
    }
  }
  """
}

/// A new directory below `/tmp` for as long as a body of code takes.
func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = "/tmp/ndpproxy-test-\(UInt64.random(in: 0 ... .max))"
  func shell(_ words: String...) async throws {
    _ = try await Subprocess.run(
      .name(words[0]), arguments: Arguments(Array(words[1...])), output: .discarded)
  }
  try await shell("mkdir", "-m", "700", path)
  do {
    let result = try await body(path)
    try await shell("rm", "-r", path)
    return result
  } catch {
    try await shell("rm", "-r", path)
    throw error
  }
}

/// Makes a file with this text.
func write(_ text: String, to path: String) throws {
  let file = try FileDescriptor.open(
    FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
  try file.closeAfter { _ = try file.writeAll(text.utf8) }
}

/// Makes a directory.
func makeDirectory(_ path: String) throws {
  guard mkdir(path, 0o700) == 0 else { throw Errno(rawValue: errno) }
}
