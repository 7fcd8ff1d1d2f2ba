import LinuxSurvey
import NDPWire
import NetworkLab
import Testing

/// Metrics over HTTP, as collectors and others ask for them.
@Suite(.enabled(if: NetworkNamespace.isPermitted), .timeLimit(.minutes(5)))
struct MetricsServerTests {
  /// Asks a server in several ways, each a line of what came of it.
  private static let client = """
    import http.client, re, socket, sys, time
    host, port = re.match(r".*http://\\[?([^/]*?)\\]?:(\\d+)/metrics", sys.argv[1]).groups()
    def ask(method, path, headers={}, connection=None):
        c = connection or http.client.HTTPConnection(host, int(port), timeout=20)
        c.request(method, path, headers=headers)
        r = c.getresponse()
        body = r.read().decode()
        up = re.search(r"^ndpproxy_up (\\d)", body, re.M)
        kind = r.getheader("Content-Type").split(";")[0]
        print(method, path, r.status, kind, up and up[1], body.endswith("# EOF\\n"))
    def raw(octets):
        s = socket.create_connection((host, int(port)), 20)
        s.sendall(octets)
        first = s.recv(1 << 16).split(b"\\r\\n")[0].decode()
        print("raw", first or "closed")
    ask("GET", "/metrics")
    ask("GET", "/metrics?x=1")
    ask("GET", "/metrics", {"Accept": "application/openmetrics-text; version=1.0.0, text/plain"})
    ask("HEAD", "/metrics")
    ask("GET", "/")
    ask("GET", "/etc/passwd")
    ask("POST", "/metrics")
    c = http.client.HTTPConnection(host, int(port), timeout=20)
    ask("GET", "/metrics", {}, c)
    ask("GET", "/metrics", {}, c)
    raw(b"GET /metrics HTTP/1.1\\r\\n" + b"X: " + b"y" * 200000 + b"\\r\\n\\r\\n")
    raw(b"\\x16\\x03\\x01 nonsense\\r\\n\\r\\n")
    many = [socket.create_connection((host, int(port)), 20) for _ in range(40)]
    time.sleep(0.3)
    many[-1].settimeout(5)
    try: print("one too many", many[-1].recv(10))
    except OSError: print("one too many b''")
    for s in many: s.close()
    time.sleep(0.3)
    ask("GET", "/metrics")
    """

  private static let expected = """
    GET /metrics 200 text/plain 1 False
    GET /metrics?x=1 200 text/plain 1 False
    GET /metrics 200 application/openmetrics-text 1 True
    HEAD /metrics 200 text/plain None False
    GET / 200 text/plain None False
    GET /etc/passwd 404 text/plain None False
    POST /metrics 405 text/plain None False
    GET /metrics 200 text/plain 1 False
    GET /metrics 200 text/plain 1 False
    raw HTTP/1.1 400 Bad Request
    raw HTTP/1.1 400 Bad Request
    one too many b''
    GET /metrics 200 text/plain 1 False

    """

  /// Runs a body with a server and what it says of itself.
  private func withServer(
    on address: String, socket: String, _ node: Node, _ body: (String) async throws -> Void
  ) async throws {
    try await node.withProcess([ndpctl, "metrics", "--listen", address, "--socket", socket]) {
      process in
      let line = try await process.line(containing: "serving http://")
      try #require(line != nil, "\(process.lines)")
      try await body(line ?? "")
      #expect(process.status == nil)
    }
  }

  @Test func `metrics are served, and nothing else`() async throws {
    let network = try await FoundingNetwork(members: 1)
    let gateway = network.gateway
    try await gateway.run("ip", "link", "set", "lo", "up")
    try await gateway.withDaemon(ndpproxy, configuration: configuration("static")) { daemon in
      try await withServer(on: "[::1]:0", socket: daemon.controlSocket, gateway) { line in
        let result = try await gateway.result(of: ["/usr/bin/python3", "-c", Self.client, line])
        #expect(result.standardOutput == Self.expected, "\(result)")
      }
      try await withServer(on: "127.0.0.1:0", socket: daemon.controlSocket, gateway) { line in
        #expect(line.contains("http://127.0.0.1:"))
        let taken = line.split { !$0.isNumber }.suffix(1).joined()
        let second = try await gateway.result(of: [
          ndpctl, "metrics", "--listen", "127.0.0.1:\(taken)",
        ])
        #expect(second.status == .exited(1))
        #expect(second.standardError.hasPrefix("ndpctl: cannot listen: "), "\(second)")
      }
    }
  }

  @Test func `where the daemon does not run, that is what is served`() async throws {
    let node = try Node(name: "host", namespace: NetworkNamespace())
    try await node.run("ip", "link", "set", "lo", "up")
    try await withServer(on: "[::1]:0", socket: "/nowhere", node) { line in
      let script =
        "import sys, urllib.request as u; "
        + "print(u.urlopen(sys.argv[1].split()[-1]).read().decode(), end='')"
      let text = try await node.run("/usr/bin/python3", "-c", script, line)
      #expect(text.split(separator: "\n").last == "ndpproxy_up 0", "\(text)")
    }
  }

  /// Passes a socket as systemd does.
  private static let passer = """
    import os, socket, sys
    s = socket.socket(socket.AF_INET6)
    s.bind(("::1", 0))
    s.listen()
    os.dup2(s.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execv(sys.argv[1], sys.argv[1:])
    """

  @Test func `a socket of systemd is taken up`() async throws {
    let node = try Node(name: "host", namespace: NetworkNamespace())
    try await node.run("ip", "link", "set", "lo", "up")
    let command = [ndpctl, "metrics", "--listen", "systemd", "--socket", "/nowhere"]
    try await node.withProcess(["/usr/bin/python3", "-c", Self.passer] + command) { process in
      let line = try await process.line(containing: "serving http://[::1]:")
      try #require(line != nil, "\(process.lines)")
      let script =
        "import sys, urllib.request as u; "
        + "print(u.urlopen(sys.argv[1].split()[-1]).status, end='')"
      let answer = try await node.run("/usr/bin/python3", "-c", script, line ?? "")
      #expect(answer == "200")
    }
    let without = try await node.result(of: command)
    #expect(without.status == .exited(1))
    #expect(without.standardError.contains("systemd has passed no socket"))
  }
}
