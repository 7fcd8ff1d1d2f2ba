import CLinux
import Glibc

/// A running program as `/proc` shows it.
package struct HostProcess: Equatable, Sendable {
  /// Its number.
  package var identifier: Int32
  /// Its name, at most 15 octets (`comm`).
  package var name: String
  /// What it may do: bit n for capability n (`CapEff`).
  package var capabilities: UInt64

  package init(identifier: Int32, name: String, capabilities: UInt64 = .max) {
    self.identifier = identifier
    self.name = name
    self.capabilities = capabilities
  }

  /// Whether it has the capability with this number.
  package func has(capability: Int32) -> Bool { capabilities >> UInt64(capability) & 1 == 1 }

  /// The number of CAP_NET_ADMIN.
  package static let netAdmin: Int32 = CAP_NET_ADMIN
}

/// What runs on this host in the network namespace of this thread.
package enum ProcessTable {
  /// The processes with one of these names that share our network.
  ///
  /// Throws `EACCES` where it cannot be told of one whether it does: others' are root's to know.
  /// Reads a small file for each process of the host.
  package static func processes(named names: Set<String>) throws(SystemError) -> [HostProcess] {
    let ours = try namespaceIdentity("/proc/thread-self/ns/net")
    var found: [HostProcess] = []
    for path in PathPattern("/proc/[0-9]*/comm").paths(limit: limit) {
      guard let file = try? RegularFile(path, limit: 64) else { continue }
      let name = String(decoding: file.octets.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      guard names.contains(name) else { continue }
      let directory = String(path.dropLast("/comm".count))
      guard let identifier = Int32(directory.dropFirst("/proc/".count)) else { continue }
      do {
        guard try namespaceIdentity(directory + "/ns/net") == ours else { continue }
      } catch {
        // It has ended meanwhile.
        if error.code == .noSuchFileOrDirectory { continue }
        throw error
      }
      found.append(
        HostProcess(
          identifier: identifier, name: name, capabilities: capabilities(in: directory)))
    }
    return found.sorted { $0.identifier < $1.identifier }
  }

  /// More processes than a kernel has numbers for by default (`kernel.pid_max`).
  private static let limit = 1 << 22

  private static func namespaceIdentity(_ path: String) throws(SystemError) -> [UInt64] {
    var status = stat()
    _ = try call("stat \(path)") { unsafe stat(path, &status) }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  private static func capabilities(in directory: String) -> UInt64 {
    guard let file = try? RegularFile(directory + "/status", limit: 16 << 10) else { return 0 }
    let line = String(decoding: file.octets, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("CapEff:") }
    return line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) } ?? 0
  }
}
