import CLinux
import Glibc
package import LinuxNet

/// A running program as `/proc` shows it.
package struct HostProcess: Equatable, Sendable {
  /// Its number.
  package var identifier: Int32
  /// The name of the file it was started from, or else its own (`comm`).
  package var name: String
  /// The path of that file.
  package var executable: String
  /// What it may do: bit n for capability n (`CapEff`).
  package var capabilities: UInt64

  package init(
    identifier: Int32, name: String, executable: String = "", capabilities: UInt64 = .max
  ) {
    self.identifier = identifier
    self.name = name
    self.executable = executable
    self.capabilities = capabilities
  }

  /// Whether it has the capability with this number.
  package func has(capability: Int32) -> Bool { capabilities >> UInt64(capability) & 1 == 1 }

  /// The number of CAP_NET_ADMIN.
  package static let netAdmin: Int32 = CAP_NET_ADMIN
}

/// What runs on this host in the network namespace of this thread.
package enum ProcessTable {
  /// The programs with one of these names that share our network and have a packet or raw socket.
  ///
  /// A process may call itself anything, and anybody may have a file of any name; but such a socket
  /// is there by a privilege alone. `known` is taken without one, by whatever name. Throws `EACCES`
  /// where it cannot be told of one whether it shares our network: others' are root's to know.
  /// Reads a small file and a link for each process of the host.
  package static func proxies(
    named names: Set<String>, or known: Int32? = nil
  ) throws(SystemError) -> [HostProcess] {
    let ours = try namespaceIdentity("/proc/thread-self/ns/net")
    let sockets = packetSockets()
    var found: [HostProcess] = []
    for path in PathPattern("/proc/[0-9]*/comm").paths(limit: limit) {
      let directory = String(path.dropLast("/comm".count))
      guard let identifier = Int32(directory.dropFirst("/proc/".count)),
        let process = process(identifier, in: directory, names, isKnown: identifier == known)
      else { continue }
      do {
        guard try namespaceIdentity(directory + "/ns/net") == ours else { continue }
      } catch {
        // It has ended meanwhile.
        if error.code == .noSuchFileOrDirectory { continue }
        throw error
      }
      if identifier == known || has(one: sockets, directory) { found.append(process) }
    }
    return found.sorted { $0.identifier < $1.identifier }
  }

  /// Whether this thread's network is the one of the first process, which the files of this host
  /// configure at boot; not so in a namespace that shares its files.
  package static var isFirstNetwork: Bool {
    let first = try? namespaceIdentity("/proc/1/ns/net")
    return first != nil && first == (try? namespaceIdentity("/proc/thread-self/ns/net"))
  }

  /// What `/proc` says of a process that has one of the names, or is known.
  private static func process(
    _ identifier: Int32, in directory: String, _ names: Set<String>, isKnown: Bool
  ) -> HostProcess? {
    guard let file = try? RegularFile(directory + "/comm", limit: 64) else { return nil }
    let own = String(decoding: file.octets.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    let executable = target(of: directory + "/exe") ?? ""
    // A file that was replaced meanwhile.
    let mark = " (deleted)"
    let path = executable.hasSuffix(mark) ? executable.dropLast(mark.count) : executable[...]
    let program = String(path.split(separator: "/").last ?? "")
    guard let name = [program, own].first(where: names.contains) ?? (isKnown ? program : nil)
    else { return nil }
    return HostProcess(
      identifier: identifier, name: name, executable: executable,
      capabilities: capabilities(in: directory))
  }

  /// The packet and raw sockets of this network namespace, as `/proc/PID/fd` names them.
  private static func packetSockets() -> Set<String> {
    var sockets: Set<String> = []
    for (table, column) in [("packet", 8), ("raw6", 9)] {
      let file = try? RegularFile("/proc/thread-self/net/" + table, limit: socketTableLimit)
      let lines = String(decoding: file?.octets ?? [], as: UTF8.self).split(separator: "\n")
      for line in lines.dropFirst() {
        let fields = line.split(separator: " ")
        if fields.count > column { sockets.insert("socket:[\(fields[column])]") }
      }
    }
    return sockets
  }

  private static func has(one sockets: Set<String>, _ directory: String) -> Bool {
    PathPattern(directory + "/fd/*").paths(limit: limit).contains { path in
      target(of: path).map(sockets.contains) ?? false
    }
  }

  /// Where a symbolic link leads; `nil` where we may not know.
  private static func target(of link: String) -> String? {
    var octets = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(link, &octets, octets.count)
    guard count >= 0 else { return nil }
    return String(decoding: octets[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// How much of a table of sockets is read: some ten thousand.
  private static let socketTableLimit = 1 << 20

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
