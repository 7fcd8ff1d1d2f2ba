import Testing

/// The arrows of docs/architecture.md: what each module may import of ours.
///
/// Arrows are drawn here that the drawing leaves out: daemon and ndpctl speak by ControlProtocol,
/// of which ndpctl takes up replies by JSONDecoding; the daemon says of interfaces and addresses
/// what Inspection says, which has nothing of LinuxSurvey, so that the daemon does not carry that;
/// ndpctl explains an address without a daemon as the daemon would (Inspection); `ndpproxy` reads
/// its flags with getopt_long(3), which is LinuxNet's like every other piece of libc that needs
/// `unsafe`; NetworkLab opens namespaces and captures (LinuxSurvey) and shows what they saw
/// (NDPWire); and whoever shows what others have named makes it printable (PlainText).
/// `ndpbench`, below Benchmarks, is not in the drawing at all: it measures rooms from outside.
/// Nor are `Conformance`, `InterfaceEvents`, `Scenarios` and the programs that play or print them,
/// below Tests: they try all rooms from outside.
private let arrows: [String: Set<String>] = [
  "NDPWire": [],
  "PrefixTrie": ["NDPWire"],
  "PlainText": [],
  "ProxyModel": ["NDPWire"],
  "ProxyEngine": ["NDPWire", "PrefixTrie", "ProxyModel"],
  "ProxyConfig": ["NDPWire", "PlainText", "ProxyModel"],
  "LinuxNet": ["CLinux", "CPcap", "NDPWire", "PlainText"],
  "LinuxSurvey": ["CLinux", "CPcap", "LinuxNet", "NDPWire", "PlainText"],
  "EventLoop": ["LinuxNet", "ProxyModel"],
  "DaemonLog": ["ControlProtocol", "LinuxNet", "ProxyModel"],
  "TargetSources": ["LinuxNet", "NDPWire", "ProxyModel"],
  "KernelPath": ["CLinux", "LinuxNet", "NDPWire"],
  "Console": ["LinuxNet", "LinuxSurvey", "PlainText"],
  "JSONText": ["PlainText"],
  "JSONDecoding": ["JSONText"],
  "ControlProtocol": ["JSONText", "NDPWire"],
  "Inspection": [
    "ControlProtocol", "LinuxNet", "NDPWire", "ProxyConfig", "ProxyEngine", "ProxyModel",
    "TargetSources",
  ],
  "ControlConnections": [
    "ControlProtocol", "DaemonLog", "EventLoop", "JSONText", "LinuxNet", "NDPWire", "ProxyModel",
  ],
  "ConfigurationInForce": [
    "ControlProtocol", "DaemonLog", "EventLoop", "Inspection", "LinuxNet", "NDPWire", "ProxyConfig",
    "ProxyModel",
  ],
  "InterfaceSockets": [
    "DaemonLog", "EventLoop", "Inspection", "LinuxNet", "ProxyEngine", "ProxyModel",
  ],
  "TakeOver": [
    "ControlProtocol", "DaemonLog", "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet",
    "NDPWire", "ProxyEngine", "ProxyModel",
  ],
  "KernelTables": [
    "DaemonLog", "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet", "NDPWire",
    "ProxyEngine", "ProxyModel", "TargetSources",
  ],
  "KernelAnswering": [
    "DaemonLog", "EventLoop", "KernelPath", "LinuxNet", "NDPWire", "ProxyEngine", "ProxyModel",
  ],
  "ProxyDaemon": [
    "ConfigurationInForce", "ControlConnections", "ControlProtocol", "DaemonLog", "EventLoop",
    "Inspection", "InterfaceSockets", "KernelAnswering", "KernelTables", "LinuxNet", "NDPWire",
    "ProxyConfig", "ProxyEngine", "ProxyModel", "TakeOver",
  ],
  "ndpproxy": [
    "CLinux", "ControlProtocol", "Inspection", "LinuxNet", "ProxyConfig", "ProxyDaemon",
  ],
  "NetworkLab": ["LinuxNet", "LinuxSurvey", "NDPWire"],
  "HostDoctor": [
    "Console", "Inspection", "JSONText", "LinuxNet", "LinuxSurvey", "NDPWire", "PlainText",
    "ProxyConfig", "ProxyModel",
  ],
  "ndpctl": [
    "Console", "ControlProtocol", "HostDoctor", "Inspection", "JSONDecoding", "JSONText",
    "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "PlainText", "ProxyConfig", "ProxyModel",
  ],
  "ndpbench": [
    "CLinux", "Inspection", "KernelPath", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab",
    "PrefixTrie", "ProxyConfig", "ProxyEngine", "ProxyModel",
  ],
  "Conformance": [
    "CLinux", "Inspection", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "ProxyConfig",
    "ProxyEngine", "ProxyModel", "TestSupport",
  ],
  "ConformanceTable": ["Conformance", "LinuxNet", "NetworkLab"],
  "Scenarios": ["Conformance", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab"],
  "InterfaceEvents": [
    "Conformance", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "Scenarios",
  ],
  "InterfaceTable": ["Conformance", "InterfaceEvents", "NetworkLab"],
  "KernelLab": [
    "Conformance", "InterfaceEvents", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab",
    "Scenarios",
  ],
]

/// What of others each room may import.
private let libraries: [String: Set<String>] = [
  "LinuxNet": ["Synchronization"],
  "LinuxSurvey": ["Glibc", "SystemPackage"],
  // The program that the kernel runs has nothing but what the kernel offers.
  "KernelPath": ["Kernel", "Synchronization"],
  "NetworkLab": ["Subprocess", "Synchronization", "SystemPackage"],
  "ndpctl": [
    "ArgumentParser", "NIOConcurrencyHelpers", "NIOCore", "NIOHTTP1", "NIOPosix", "Subprocess",
    "SystemPackage",
  ],
  "ndpbench": [
    "ArgumentParser", "Dispatch", "Glibc", "Subprocess", "Synchronization", "SystemPackage",
  ],
  "Conformance": ["Glibc", "Synchronization"],
  "ConformanceTable": ["Glibc"],
  "InterfaceTable": ["Glibc"],
  "KernelLab": ["Glibc"],
]

/// The modules that a file imports and its room may not.
private func forbiddenImports(in file: SourceTree.File) -> [String] {
  let allowed = (arrows[file.room] ?? []).union(libraries[file.room] ?? [])
  return file.lines.compactMap(importedModule).filter { !allowed.contains($0) }
}

/// The module that a line imports, whatever stands before or behind.
private func importedModule(_ line: Substring) -> String? {
  let words = line.split(separator: " ")
  guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
    words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
  else { return nil }
  let kinds: Set<Substring> = [
    "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
  ]
  let name = words[(keyword + 1)...].first { !kinds.contains($0) }
  return name.map { String($0.prefix { $0 != "." }) }
}

private let accessLevels: Set<Substring> = [
  "fileprivate", "internal", "package", "private", "public",
]

struct ImportTests {
  static let sources = [
    "Sources", "Benchmarks", "Tests/Conformance", "Tests/ConformanceTable",
    "Tests/KernelLab", "Tests/Scenarios",
    "Tests/InterfaceEvents", "Tests/InterfaceTable",
  ].flatMap { SourceTree.files(under: $0) }

  @Test(arguments: sources)
  func `a room imports only what its arrows allow`(file: SourceTree.File) {
    #expect(forbiddenImports(in: file) == [])
  }

  @Test func `every room has arrows and files`() {
    let rooms = Set(Self.sources.map(\.room))
    #expect(rooms == Set(arrows.keys))
  }

  static let forbidden: [(String, String, [String])] = [
    ("engine sees Linux", "Sources/ProxyEngine/A.swift|import LinuxNet", ["LinuxNet"]),
    (
      "with an access level", "Sources/ProxyEngine/A.swift|package import ProxyConfig",
      ["ProxyConfig"]
    ),
    (
      "with attributes", "Sources/NDPWire/A.swift|@unsafe @preconcurrency import CLinux", ["CLinux"]
    ),
    ("one declaration", "Sources/ProxyConfig/A.swift|import struct LinuxNet.Link", ["LinuxNet"]),
    ("a benchmark sees libpcap", "Benchmarks/ndpbench/A.swift|import CPcap", ["CPcap"]),
    ("doctor sees the daemon", "Sources/HostDoctor/A.swift|import ProxyDaemon", ["ProxyDaemon"]),
    ("daemon sees the survey", "Sources/Inspection/A.swift|import LinuxSurvey", ["LinuxSurvey"]),
    ("daemon decodes", "Sources/ControlProtocol/A.swift|import JSONDecoding", ["JSONDecoding"]),
    ("Foundation", "Sources/ProxyDaemon/A.swift|import Foundation", ["Foundation"]),
    ("a room within its arrows", "Sources/ProxyDaemon/A.swift|import ProxyEngine", []),
    ("the word elsewhere", "Sources/NDPWire/A.swift|/// What to import Foundation for.", []),
  ]

  @Test(arguments: forbidden)
  func `what is forbidden is found`(name: String, file: String, modules: [String]) {
    let parts = file.split(separator: "|").map(String.init)
    let found = forbiddenImports(in: SourceTree.File(path: parts[0], text: parts[1]))
    #expect(found == modules, "\(name)")
  }
}
