import ControlProtocol
import LinuxSurvey
import NetworkLab
import SystemPackage
import Testing

/// The configuration of the guide that this program was made for, as people paste it.
let foundingConfiguration = """
  proxy eth0 {
    rule 2001:19f0:6001:01a6:00ff:0000:0000:0000/80 {
    }
  }
  """

@Suite(.timeLimit(.minutes(5)))
struct CommandLineTests {
  @Test(arguments: ["--help", "-h"])
  func `help names every flag`(flag: String) async throws {
    let result = try await run(flag)
    #expect(result.status == .exited(0))
    for flag in ["--config", "--daemon", "--pidfile", "--verbose", "--test-config", "--version"] {
      #expect(result.output.contains(flag))
    }
  }

  @Test func `the manual page explains the flags of the help, and no others`() async throws {
    let help = try await run("--help").output
    let manual = try contents(ofFile: "man/ndpproxy.8")
    #expect(flags(inHelp: help).count == 22)
    #expect(flags(inManual: manual) == flags(inHelp: help))
  }

  @Test(arguments: ["--version", "-V"])
  func `the version comes with the licence`(flag: String) async throws {
    let result = try await run(flag)
    #expect(result.status == .exited(0))
    #expect(result.output == Release.text(of: "ndpproxy") + "\n")
    #expect(result.output.contains("\nLicense: MIT"))
  }

  @Test(arguments: [
    ["--frobnicate"], ["-x"], ["-c"], ["ndppd.conf"], ["-t", "ndppd.conf"], ["-s"], ["-o"],
  ])
  func `a wrong command line is told and nothing is started`(arguments: [String]) async throws {
    let result = try await run(arguments)
    #expect(result.status == .exited(64))
    #expect(result.complaint.contains("--help"))
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `nothing of the proc file system is needed to read the command line`() async throws {
    let script = "mount -t tmpfs none /proc && exec \"$@\""
    let empty = ["unshare", "--mount", "sh", "-c", script, "sh"]
    let version = try await run("--version", wrappedIn: empty)
    #expect(version.status == .exited(0), "\(version.complaint)")
    let wrong = try await run("--frobnicate", wrappedIn: empty)
    #expect(wrong.status == .exited(64))
    try await withDirectory { directory in
      let path = "\(directory)/ndpproxy.conf"
      try write(foundingConfiguration, to: path)
      let test = try await run("-t", "-o", "-c", path, wrappedIn: empty)
      #expect(test.status == .exited(0), "\(test.complaint)")
    }
  }

  @Test func `a file that is not there is named`() async throws {
    let result = try await run("-c", "/nowhere/ndpproxy.conf")
    #expect(result.status == .exited(66))
    #expect(result.complaint.contains("/nowhere/ndpproxy.conf"))
    #expect(try await run("-c", "/").status == .exited(66))
  }

  static let threeErrors = """
    proxy eth0 {
      ruel 2001:db8::/64 {
        static
      }
      ttl soon
      rule 2001:db8:::1/64 {
        auto
      }
    }
    """

  @Test(arguments: ["-t", "--test-config", "-d"])
  func `three errors are all told, with their places`(flag: String) async throws {
    let file = try AnonymousFile(containing: Self.threeErrors)
    let result = try await run(flag, "-c", file.path)
    #expect(result.status == .exited(78))
    for place in ["2:3", "5:7", "6:8"] {
      #expect(result.complaint.contains("\(file.path):\(place): error: "), "\(place)")
    }
    #expect(result.complaint.split(separator: "\n").count { $0.contains(": error: ") } == 3)
    #expect(result.output == "")
  }

  @Test func `a good file is OK`() async throws {
    let file = try AnonymousFile(containing: configuration("auto"))
    let result = try await run("--test-config", "--offline", "--config", file.path)
    #expect(
      result == Run(status: .exited(0), output: "\(file.path): configuration OK\n", complaint: ""))
  }

  @Test func `strictness makes a warning an error`() async throws {
    let file = try AnonymousFile(containing: foundingConfiguration)
    #expect(try await run("-t", "-o", "-c", file.path).status == .exited(0))
    let strict = try await run("-t", "-o", "--strict", "-c", file.path)
    #expect(strict.status == .exited(78))
    #expect(strict.output == "" && strict.complaint.contains("warning: "))
    let good = try AnonymousFile(containing: configuration("auto"))
    #expect(try await run("-t", "-o", "-s", "-c", good.path).status == .exited(0))
  }

  @Test func `nothing of a long output is lost`() async throws {
    let rules = (0..<4000).map { "rule 2001:db8:\(String($0, radix: 16))::/64 {\nauto\n}\n" }
    let file = try AnonymousFile(containing: "proxy eth0 {\n\(rules.joined())}\n")
    // More than a pipe holds, and a reader that takes its time.
    let result = try await run(
      "-t", "-v", "-c", file.path, wrappedIn: ["sh", "-c", "\"$@\" | (sleep 0.2; cat)", "sh"])
    #expect(result.status == .exited(0))
    #expect(result.output.split(separator: "\n").count { $0.contains("rule ") } == 4000)
  }

  @Test func `what a file means parses back to itself`() async throws {
    let file = try AnonymousFile(containing: foundingConfiguration)
    let first = try await run("-t", "-v", "-c", file.path)
    #expect(first.status == .exited(0))
    #expect(first.output.contains("rule 2001:19f0:6001:1a6:ff::/80 {\n    static\n"))
    #expect(first.complaint.contains("\(file.path): configuration OK"))
    let printed = try AnonymousFile(containing: first.output)
    let second = try await run("-t", "-o", "-v", "-c", printed.path)
    #expect(second.output == first.output)
    #expect(
      second.complaint == "ndpproxy: \(printed.path): configuration OK\n", "no warnings any more")
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `a test compares the file with this host`() async throws {
    let namespace = ["unshare", "--net"]
    let text = """
      proxy eth9 {
        source 2001:db8::1
        rule 2001:db8:1::/80 {
          iface lo
        }
        rule 2001:db8:2::/80 {
          iface zt*
        }
      }
      """
    let file = try AnonymousFile(containing: text)
    let result = try await run("-t", "-c", file.path, wrappedIn: namespace)
    #expect(result.status == .exited(0))
    #expect(
      result.complaint.replacing(file.path, with: "f") == """
        f:1:7: warning: 'eth9': no such interface [missing-interface]
        proxy eth9 {
              ^
          its rules wait until it appears; there are lo
        f:4:11: warning: 'lo': the interface has no neighbor discovery, so no solicitations can \
        be sent there [no-neighbour-discovery]
            iface lo
                  ^
          use 'static' or 'auto' instead of 'iface lo'
        f:7:11: note: 'zt*': no interface matches [missing-interface]
            iface zt*
                  ^
          its rules wait until one does

        """)
    let strict = try await run("-t", "-s", "-c", file.path, wrappedIn: namespace)
    #expect(strict.status == .exited(78))
    let offline = try await run("-t", "-s", "-o", "-c", file.path, wrappedIn: namespace)
    #expect(
      offline == Run(status: .exited(0), output: "\(file.path): configuration OK\n", complaint: ""))
  }

  /// A host whose /64 is on-link at eth0, with a router on that link.
  private static let onLinkHost = """
    ip link add eth0 type veth peer name peer0 && ip link set peer0 up && ip link set eth0 up &&
    ip address add 2001:db8:1::2/64 dev eth0 nodad &&
    ip route add default via 2001:db8:1::1 dev eth0 && exec "$@"
    """

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `rules that harm this host's neighbors are named, by a test and at the start`()
    async throws
  {
    let host = ["unshare", "--net", "sh", "-c", Self.onLinkHost, "sh"]
    let text = "proxy eth0 {\n  rule 2001:db8:1::/64 {\n    static\n  }\n}\n"
    let file = try AnonymousFile(containing: text)
    let warning =
      "this 'static' rule answers in place of all neighbors in 2001:db8:1::/64, which is on-link at "
      + "eth0, 2001:db8:1::1 included [covers-link]"
    let tested = try await run("-t", "-c", file.path, wrappedIn: host)
    #expect(
      tested.status == .exited(0) && tested.complaint.contains("2:3: warning: \(warning)"),
      "\(tested)")
    #expect(tested.complaint.contains("exclude 2001:db8:1::1"))
    #expect(try await run("-t", "-s", "-c", file.path, wrappedIn: host).status == .exited(78))
    let offline = try await run("-t", "-o", "-c", file.path, wrappedIn: host)
    #expect(!offline.complaint.contains("covers-link"))
    let started = try await run("-c", file.path, wrappedIn: host + ["timeout", "2"])
    #expect(
      started.complaint.contains("warning: \(file.path):2:3: \(warning)"), "\(started.complaint)")
    let narrow = try AnonymousFile(containing: configuration("static"))
    let harmless = try await run("-t", "-s", "-c", narrow.path, wrappedIn: host)
    #expect(harmless.status == .exited(0), "\(harmless.complaint)")
  }

  /// Both files, in an `/etc` of this process alone.
  private static let twoFiles = """
    mount -t tmpfs none /etc && printf "$1" >/etc/ndpproxy.conf && printf "$2" >/etc/ndppd.conf &&
    shift 2 && exec "$@"
    """

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `of two files the one that is not read is named`() async throws {
    let proxy = "proxy eth0 { rule 2001:db8::/80 { auto } }\n"
    func test(_ own: String, _ theirs: String) async throws -> Run {
      try await run(
        "-t", "-o",
        wrappedIn: ["unshare", "--mount", "sh", "-c", Self.twoFiles, "sh", own, theirs])
    }
    let both = try await test(proxy, proxy)
    #expect(both.output == "/etc/ndpproxy.conf: configuration OK\n")
    #expect(
      both.complaint
        == "ndpproxy: notice: /etc/ndppd.conf is not read while /etc/ndpproxy.conf is there\n")
    let empty = try await test("# nothing\n", proxy)
    #expect(
      empty.complaint.contains(
        "/etc/ndpproxy.conf has no proxy, and while it exists /etc/ndppd.conf is not read"))
  }

  @Test func `a file includes others, and what is wrong is told with its file`() async throws {
    try await withDirectory { path in
      try write("include d/*.conf\n", to: "\(path)/main.conf")
      try makeDirectory("\(path)/d")
      try write(configuration("auto"), to: "\(path)/d/10.conf")
      try write("include .\ninclude ../main.conf\ninclude /dev/zero", to: "\(path)/d/20.conf")
      try write("nonsense", to: "\(path)/d/.hidden.conf")
      let result = try await run("-t", "-o", "-c", "\(path)/main.conf")
      #expect(result.status == .exited(78))
      let complaint = result.complaint.replacing(path, with: "PATH")
      let heads = complaint.split(separator: "\n").filter { $0.hasPrefix("PATH") }
      let expected = [
        "20.conf:1:9: error: this cannot be included: read PATH/d/.: Is a directory [not-included]",
        "20.conf:2:9: warning: PATH/d/../main.conf was read already, and is read only once [included-twice]",
        """
        20.conf:3:9: error: this cannot be included: open /dev/zero: not a regular file: \
        Invalid argument [not-included]
        """,
      ]
      #expect(heads.map(String.init) == expected.map { "PATH/d/" + $0 })
      try write("# nothing", to: "\(path)/d/20.conf")
      let good = try await run("-t", "-o", "-c", "\(path)/main.conf")
      #expect(
        good
          == Run(
            status: .exited(0), output: "\(path)/main.conf: configuration OK\n", complaint: ""))
    }
  }

  @Test(.enabled(if: NetworkNamespace.isPermitted))
  func `a missing privilege is named in one sentence`() async throws {
    let file = try AnonymousFile(containing: configuration("static", interface: "lo"))
    let result = try await run(
      "-c", file.path,
      wrappedIn: ["unshare", "--net", "setpriv", "--bounding-set=-net_raw"])
    #expect(result.status == .exited(77))
    #expect(result.complaint.split(separator: "\n").count == 1)
    #expect(result.complaint.contains("CAP_NET_RAW"))
  }
}

/// The flags that lines of the help begin with, such as `  -c, --config FILE    read FILE`.
func flags(inHelp help: String) -> Set<String> {
  let lines = help.split(separator: "\n").filter { $0.hasPrefix("  -") }
  let words = lines.flatMap { $0.split { $0 == " " || $0 == "," }.prefix(2) }
  return Set(words.map(String.init))
}

/// The flags that have an item of their own, such as `.It Fl c Ar file , Fl -config Ar file`.
private func flags(inManual manual: String) -> Set<String> {
  let lines = manual.split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }
  // Below DIAGNOSTICS, each is about a flag in one of its doses.
  let items = lines.filter { $0.contains(" , ") }
  let words = items.map { $0.split(separator: " ") }
  return Set(words.flatMap { zip($0, $0.dropFirst()).filter { $0.0 == "Fl" }.map { "-\($0.1)" } })
}

/// The text of a file of the repository.
func contents(ofFile path: String, from file: String = #filePath) throws -> String {
  let root = file.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  let descriptor = try FileDescriptor.open(FilePath(root + "/" + path), .readOnly)
  defer { try? descriptor.close() }
  var octets: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }),
    count > 0
  {
    octets += buffer[..<count]
  }
  return String(decoding: octets, as: UTF8.self)
}
