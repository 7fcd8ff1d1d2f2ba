import LinuxNet
import NetworkLab
import Testing

/// Somebody who listens in the daemon's place and means ill.
enum HostileDaemon {
  /// What it puts in the place of a string.
  static let text =
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gnp\u{2028}\u{2066}\n\r\u{8}\u{301}X"

  /// Listens at the first argument, and does what the second says.
  ///
  /// `strings REAL`: asks the daemon at REAL, and puts `text` in the place of one string of what it
  /// says: the first in the first conversation about a command, the second in the next, and so on.
  /// A conversation that has fewer ends `seen`, and the next about that command is not begun.
  private static let script = """
    import json, os, socket, sys, threading, time
    path, mode = sys.argv[1:3]
    TEXT = \(pythonText)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(5)
    print("listening", flush=True)
    counts, ended = {}, set()
    class Replacing:
        def __init__(self, place): self.place, self.seen = place, 0
        def walk(self, value):
            if isinstance(value, str):
                self.seen += 1
                return TEXT if self.seen - 1 == self.place else value
            if isinstance(value, list): return [self.walk(v) for v in value]
            if isinstance(value, dict): return {k: self.walk(v) for k, v in value.items()}
            return value
    def strings(client):
        real = socket.socket(socket.AF_UNIX)
        real.connect(sys.argv[3])
        replies, name, walker = real.makefile("rb"), None, None
        for line in client.makefile("rb"):
            if name is None:
                name = next(iter(json.loads(line)["command"]))
                if name in ended: return
                walker = Replacing(counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            real.sendall(line)
            while True:
                reply = walker.walk(json.loads(replies.readline()))
                client.sendall(json.dumps(reply, ensure_ascii=False).encode() + b"\\n")
                if name != "monitor": break
                if walker.seen > walker.place + 40: break
        if walker and walker.seen <= walker.place: ended.add(name)
    def other(client):
        for line in client.makefile("rb"):
            command = json.loads(line)["command"]
            if mode == "standing": reply = {"sessions": {"sessions": [], "next": 1}}
            elif mode == "error": reply = {"error": {"code": "forbidden", "description": TEXT}}
            else:
                while True:
                    client.sendall(b" ")
                    time.sleep(0.2)
            reply["version"] = 1
            client.sendall(json.dumps(reply, ensure_ascii=False).encode() + b"\\n")
    def serve(client):
        try: strings(client) if mode == "strings" else other(client)
        except (OSError, ValueError): pass
        client.close()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()
    """

  private static var pythonText: String {
    let octets = text.utf8.map { "\($0)" }.joined(separator: ", ")
    return "bytes([\(octets)]).decode()"
  }

  /// Runs it on a node for as long as a body of code takes, which gets the path.
  static func run(
    _ mode: [String], as user: Int = 0, on node: Node, _ body: (String) async throws -> Void
  ) async throws {
    let path = "/tmp/ndpproxy-hostile-\(UInt64.random(in: 0 ... .max))"
    defer { RegularFile.remove(path) }
    let prefix =
      user == 0 ? [] : ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
    let command = prefix + ["/usr/bin/python3", "-c", script, path] + mode
    try await node.withProcess(command) { process in
      let line = try await process.line(containing: "listening")
      try #require(line != nil, "\(process.lines)")
      try await body(path)
    }
  }
}
