import Glibc
import LinuxNet
import LinuxSurvey
import NetworkLab
import Testing

/// The socket that ndpctl connects to, from its beginning to its end.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct ControlSocketTests {
  private let ndpctl = (try? Host.programBeside("ndpctl")) ?? ""

  /// In a `/run` of its own: a first daemon that is killed, a second that ends in good order.
  private static let script = """
    mount -t tmpfs -o mode=755 none /run || exit 1
    unset NDPPROXY_SOCKET
    start() {
      "$1" -c "$3" 2>/dev/null & pid=$!
      for try in $(seq 200); do "$2" >/run/status 2>/dev/null && break; sleep 0.05; done
      head -n 1 /run/status | cut -c1-18
    }
    umask 077
    start "$@"
    stat -c '%n %a %F' /run/ndpproxy /run/ndpproxy/control
    kill -9 $pid; wait $pid 2>/dev/null
    test -S /run/ndpproxy/control && echo left behind
    "$2" 2>&1 | cut -c1-30
    start "$@"
    kill $pid; wait $pid
    echo "$? $(ls -A /run/ndpproxy | wc -l)"
    """

  @Test func `it is made, replaced and removed`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    let result = try await network.gateway.result(
      of: ["unshare", "--mount", "sh", "-c", Self.script, "sh", ndpproxy, ndpctl, file.path])
    #expect(
      result.standardOutput == """
        answering on eth0 
        /run/ndpproxy 755 directory
        /run/ndpproxy/control 660 socket
        left behind
        ndpctl: cannot reach ndpproxy:
        answering on eth0 
        0 0

        """, "\(result.standardError)")
  }

  /// What a daemon says that is to listen at a path, and whether ndpctl finds it there.
  private func complaint(
    about path: String, _ network: FoundingNetwork, interface: String = "eth0"
  ) async throws -> String? {
    let file = try TemporaryFile(containing: configuration("static", interface: interface))
    return try await network.gateway.withProcess([ndpproxy, "-c", file.path, "--socket", path]) {
      process in
      let line = try await process.line(containing: "ready: answering")
      #expect(line != nil)
      return process.lines.first { $0.hasPrefix("warning: ndpctl cannot connect: ") }
    }
  }

  @Test func `what cannot be made is a warning`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await withDirectory { directory in
      let file = directory + "/file"
      try write("mine", to: file)
      let taken = try await complaint(about: file, network)
      #expect(taken?.contains("something else is there") == true)
      #expect(try RegularFile(file, limit: 10).octets == Array("mine".utf8))
      let nowhere = try await complaint(about: directory + "/no/control", network)
      #expect(nowhere?.contains("No such file or directory") == true)
      let long = try await complaint(
        about: directory + "/" + String(repeating: "x", count: 108), network)
      #expect(long?.contains("File name too long") == true)
      let off = try await complaint(about: "off", network)
      #expect(off == nil)
    }
  }

  @Test func `of two daemons the first keeps it`() async throws {
    let network = try await FoundingNetwork(members: 1)
    try await network.gateway.withDaemon(ndpproxy, configuration: configuration("static")) {
      daemon in
      let second = try await complaint(
        about: daemon.controlSocket, network, interface: "zt0")
      #expect(second?.contains("another process listens there") == true)
      let status = try await network.gateway.run(ndpctl, "--socket", daemon.controlSocket)
      #expect(status.contains("process \(daemon.process.processIdentifier)"))
    }
  }

  /// Listens, or does not, at descriptor 3, as a service manager would, and becomes the daemon.
  private static let activation = """
    import os, socket, sys
    path, command = sys.argv[1], sys.argv[2:]
    if path == "-":
        os.dup2(os.open("/dev/null", os.O_RDONLY), 3)
    else:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"
    os.execv(command[0], command)
    """

  @Test func `a service manager may listen for it`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let file = try TemporaryFile(containing: configuration("static"))
    try await withDirectory { directory in
      for path in [directory + "/control", "-"] {
        let command = [
          "/usr/bin/python3", "-c", Self.activation, path, ndpproxy, "-c", file.path,
        ]
        try await network.gateway.withProcess(command) { process in
          let line = try await process.line(containing: "ready: answering")
          #expect(line != nil, "\(process.lines)")
          if path == "-" {
            #expect(process.lines.contains { $0.contains("the service manager's socket") })
          } else {
            let status = try await network.gateway.run(ndpctl, "--socket", path)
            #expect(status.hasPrefix("answering on eth0"))
          }
        }
      }
      // Whoever made it may want it again.
      #expect(RegularFile.exists(directory + "/control"))
    }
  }
}
