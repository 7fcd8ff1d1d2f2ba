import LinuxNet
import LinuxSurvey
import Subprocess
import SystemPackage

/// The machine a lab is built on: what it has and what it lets us do.
package enum Host {
  /// A program that the lab runs and the Debian package it is in.
  package struct Tool: Sendable {
    /// The name of the program.
    package let name: String
    /// The Debian package that has it.
    package let package: String
  }

  private static let tools = [
    Tool(name: "ip", package: "iproute2"), Tool(name: "ping", package: "iputils-ping"),
    Tool(name: "nsenter", package: "util-linux"), Tool(name: "setpriv", package: "util-linux"),
    Tool(name: "cat", package: "coreutils"),
  ]

  private static let packetFilter = Tool(name: "nft", package: "nftables")

  /// The programs that are not installed; a lab with a packet filter needs one more.
  package static func missingTools(withPacketFilter: Bool = false) async -> [Tool] {
    var missing: [Tool] = []
    for tool in tools + (withPacketFilter ? [packetFilter] : []) {
      let found = try? await Executable.name(tool.name).resolveExecutablePath(in: environment)
      if found == nil { missing.append(tool) }
    }
    return missing
  }

  /// Whether this process may build labs as it is.
  package static var permitsLabs: Bool { NetworkNamespace.isPermitted }

  /// Starts this program anew as root of a user namespace, where labs may be built.
  ///
  /// Comes back only if that is refused. The new namespace needs a network of its own: a thread
  /// that has been in a lab could not come home to a network that belongs to the host's root.
  package static func becomeRootOfUserNamespace(arguments: [String]) async throws {
    let unshare = ["--user", "--map-root-user", "--net", "--"]
    let trial = try await Subprocess.run(
      .name("unshare"), arguments: Arguments(unshare + ["true"]), environment: environment,
      output: .discarded)
    guard trial.terminationStatus.isSuccess else { return }
    let program = try CurrentProcess.executablePath().string
    try CurrentProcess.replace(with: ["unshare"] + unshare + [program] + arguments)
  }

  /// The program `name`: the one that the environment names in capitals (`NDPPROXY`), or that in
  /// the directory of this one, or where `make install` puts daemons.
  package static func programBeside(_ name: String) throws -> String {
    if let named = CurrentProcess.environment(name.uppercased()), !named.isEmpty {
      return RegularFile.absolute(named)
    }
    let directory = try CurrentProcess.executablePath().removingLastComponent()
    let beside = directory.appending(name).string
    let installed = directory.removingLastComponent().appending("sbin").appending(name).string
    return !RegularFile.exists(beside) && RegularFile.exists(installed) ? installed : beside
  }

  /// The file that this program was started from.
  package static func ownProgram() throws -> String { try CurrentProcess.executablePath().string }

  /// Whether there is something at a path.
  package static func exists(_ path: String) -> Bool { RegularFile.exists(path) }

  /// A path that stays right in a process with another directory.
  package static func absolute(_ path: String) -> String { RegularFile.absolute(path) }

  /// Whether colour on standard output helps.
  package static var wantsColor: Bool { StandardStream.output.wantsColor }
}
