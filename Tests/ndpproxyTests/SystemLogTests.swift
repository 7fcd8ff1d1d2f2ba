import LinuxNet
import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// The system log of a daemon in the background.
@Suite(.enabled(if: Privileges.isSuperuser && NetworkNamespace.isPermitted))
struct SystemLogTests {
  /// A `/dev` of its own, with a log that reads only once a file says so, and the daemon.
  private static let script = """
    import os, signal, socket, subprocess, sys, time
    directory, command = sys.argv[1], sys.argv[2:]
    def run(*words): subprocess.run(words, check=True)
    os.mkdir(directory + "/dev")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "dev", directory + "/dev")
    for name in ["null", "zero", "urandom"]: run("cp", "-a", "/dev/" + name, directory + "/dev")
    run("mount", "--bind", directory + "/dev", "/dev")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    started = subprocess.run(command + ["-d", "-p", directory + "/pid"]).returncode
    print("started", started, flush=True)
    pid = int(open(directory + "/pid").read())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while not os.path.exists(directory + "/read"): time.sleep(0.02)
        while True: print(log.recv(8192).decode(), flush=True)
    finally:
        os.kill(pid, signal.SIGTERM)
    """

  @Test(.timeLimit(.minutes(5)))
  func `one that does not read holds nothing up, and hears of it`() async throws {
    try await withDirectory { directory in
      let network = try await FoundingNetwork(members: 1)
      let file = try TemporaryFile(containing: configuration("static"))
      try await network.gateway.run("chmod", "755", directory)
      try await network.gateway.run("sysctl", "-w", "net.unix.max_dgram_qlen=10")
      let command = [
        "unshare", "--mount", "/usr/bin/python3", "-c", Self.script, directory, ndpproxy, "-vv",
        "-c", file.path,
      ]
      try await network.gateway.withProcess(command) { process in
        let started = try await process.line(containing: "started 0")
        try #require(started != nil, "\(process.lines)")
        // Each solicitation is a line or more, of which the log's queue takes ten.
        for number in 1...30 {
          let target = FoundingNetwork.memberAddress(number)
          _ = try await network.router.ping(target, within: .milliseconds(10))
        }
        let report = try await network.router.ping(
          FoundingNetwork.memberAddress(0), count: 3, within: .seconds(5))
        #expect(report.received > 0, "the daemon answers although nobody reads its log")
        try write("", to: directory + "/read")
        let last = try await process.line(containing: "<3")
        #expect(last?.contains(" ndpproxy[") == false && last?.contains("ndpproxy[") == true)
        _ = try await network.router.result(
          of: ["ping", "-6", "-c", "1", "-W", "0.1", "2001:db8:1:0:ff::abcd"])
        let told = try await process.line(containing: "lines before this were lost)")
        #expect(told != nil, "\(process.lines.suffix(5))")
      }
    }
  }
}
