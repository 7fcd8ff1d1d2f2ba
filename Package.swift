// swift-tools-version: 6.3
import PackageDescription

/// Whether tests, benchmarks and developers' tools are part of the package.
///
/// `make` says so where it needs them. Else there are the two programs and what they consist of.
let isForDevelopers = Context.environment["NDPPROXY_DEVELOPMENT"] != nil

/// Every target of ours: warnings are errors, existentials are spelled out.
let common: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Everything under Sources and Benchmarks also names each unsafe expression.
///
/// Tests do not: `#expect` trips on it.
let house: [SwiftSetting] = common + [.strictMemorySafety()]

/// What computes, and what plays thousands of worlds: tests take a third of the time.
///
/// Checks of overflow, bounds and preconditions stay.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"])]

/// Swift 6.3.1 crashes when it optimizes closures of tests that wait in the middle of a loop.
let unoptimized: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

/// `recvmmsg`, `sendmmsg` and friends exist only with `_GNU_SOURCE`.
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let http: [Target.Dependency] = ["NIOConcurrencyHelpers", "NIOCore", "NIOHTTP1", "NIOPosix"].map {
  .product(name: $0, package: "swift-nio")
}
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// docs/architecture.md draws the arrows between these modules; TidyTests reads each file's imports against them.
let targets: [Target] = [
  .systemLibrary(name: "CLinux"),
  .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),

  // Its declarations are public, unlike others': Swift 6.3 inlines nothing else across modules.
  .target(name: "NDPWire", swiftSettings: house + optimized),
  .target(name: "PrefixTrie", dependencies: ["NDPWire"], swiftSettings: house + optimized),
  .target(name: "PlainText", swiftSettings: house),
  // Its declarations are public for the same reason.
  .target(name: "ProxyModel", dependencies: ["NDPWire"], swiftSettings: house + optimized),
  .target(
    name: "ProxyEngine", dependencies: ["NDPWire", "PrefixTrie", "ProxyModel"],
    swiftSettings: house + optimized),
  .target(
    name: "ProxyConfig", dependencies: ["NDPWire", "PlainText", "ProxyModel"],
    swiftSettings: house + optimized),
  .target(
    name: "LinuxNet", dependencies: ["CLinux", "CPcap", "NDPWire", "PlainText"],
    cSettings: gnu, swiftSettings: house),
  .target(
    name: "LinuxSurvey",
    dependencies: ["CLinux", "CPcap", "LinuxNet", "NDPWire", "PlainText", system],
    cSettings: gnu, swiftSettings: house),
  .target(
    name: "EventLoop", dependencies: ["LinuxNet", "ProxyModel"], swiftSettings: house),
  .target(
    name: "DaemonLog", dependencies: ["ControlProtocol", "LinuxNet", "ProxyModel"],
    swiftSettings: house),
  .target(
    name: "TargetSources", dependencies: ["LinuxNet", "NDPWire", "ProxyModel"],
    swiftSettings: house),
  // Program is what the kernel runs; scripts/build-kernel-path compiles it into Generated.
  .target(
    name: "KernelPath", dependencies: ["CLinux", "LinuxNet", "NDPWire"],
    exclude: ["Program"], cSettings: gnu, swiftSettings: house),
  .target(
    name: "Console", dependencies: ["LinuxNet", "LinuxSurvey", "PlainText"], swiftSettings: house),
  .target(name: "JSONText", dependencies: ["PlainText"], swiftSettings: house),
  // Not part of JSONText: the daemon does not need it, and Embedded Swift has no `Decoder`.
  .target(name: "JSONDecoding", dependencies: ["JSONText"], swiftSettings: house),
  .target(
    name: "ControlProtocol", dependencies: ["JSONText", "NDPWire"], swiftSettings: house),
  .target(
    name: "Inspection",
    dependencies: [
      "ControlProtocol", "LinuxNet", "NDPWire", "ProxyConfig", "ProxyEngine", "ProxyModel",
      "TargetSources",
    ],
    swiftSettings: house),
  .target(
    name: "InterfaceSockets",
    dependencies: [
      "DaemonLog", "EventLoop", "Inspection", "LinuxNet", "ProxyEngine", "ProxyModel",
    ],
    swiftSettings: house),
  .target(
    name: "KernelTables",
    dependencies: [
      "DaemonLog", "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet", "NDPWire",
      "ProxyEngine", "ProxyModel", "TargetSources",
    ],
    swiftSettings: house),
  .target(
    name: "KernelAnswering",
    dependencies: [
      "DaemonLog", "EventLoop", "KernelPath", "LinuxNet", "NDPWire", "ProxyEngine", "ProxyModel",
    ],
    swiftSettings: house),
  .target(
    name: "ControlConnections",
    dependencies: [
      "ControlProtocol", "DaemonLog", "EventLoop", "JSONText", "LinuxNet", "NDPWire", "ProxyModel",
    ],
    swiftSettings: house),
  .target(
    name: "ConfigurationInForce",
    dependencies: [
      "ControlProtocol", "DaemonLog", "EventLoop", "Inspection", "LinuxNet", "NDPWire",
      "ProxyConfig", "ProxyModel",
    ],
    swiftSettings: house),
  .target(
    name: "TakeOver",
    dependencies: [
      "ControlProtocol", "DaemonLog", "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet",
      "NDPWire", "ProxyEngine", "ProxyModel",
    ],
    swiftSettings: house),
  .target(
    name: "ProxyDaemon",
    dependencies: [
      "ConfigurationInForce", "ControlConnections", "ControlProtocol", "DaemonLog", "EventLoop",
      "Inspection", "InterfaceSockets", "KernelAnswering", "KernelTables", "LinuxNet", "NDPWire",
      "ProxyConfig", "ProxyEngine", "ProxyModel", "TakeOver",
    ],
    swiftSettings: house),
  .target(
    name: "HostDoctor",
    dependencies: [
      "Console", "Inspection", "JSONText", "LinuxNet", "LinuxSurvey", "NDPWire", "PlainText",
      "ProxyConfig", "ProxyModel",
    ],
    swiftSettings: house),
  .executableTarget(
    name: "ndpproxy",
    dependencies: [
      "CLinux", "ControlProtocol", "Inspection", "LinuxNet", "ProxyConfig", "ProxyDaemon",
    ],
    cSettings: gnu,
    swiftSettings: house),

  .target(
    name: "NetworkLab", dependencies: ["LinuxNet", "LinuxSurvey", "NDPWire", subprocess, system],
    swiftSettings: house),
  .executableTarget(
    name: "ndpctl",
    dependencies: [
      "Console", "ControlProtocol", "HostDoctor", "Inspection", "JSONDecoding", "JSONText",
      "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "PlainText", "ProxyConfig", "ProxyModel",
      arguments, subprocess, system,
    ] + http,
    swiftSettings: house),
]

/// What only developers need.
let developersTargets: [Target] = [
  .executableTarget(
    name: "ndpbench",
    dependencies: [
      "CLinux", "Inspection", "KernelPath", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab",
      "PrefixTrie", "ProxyConfig", "ProxyEngine", "ProxyModel", arguments, subprocess, system,
    ],
    path: "Benchmarks/ndpbench", cSettings: gnu, swiftSettings: house),

  .target(
    name: "TestSupport", dependencies: ["NDPWire"], path: "Tests/TestSupport",
    swiftSettings: common),
  .target(
    name: "DaemonSupport",
    dependencies: [
      "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet", "NDPWire", "ProxyEngine",
      "ProxyModel",
    ],
    path: "Tests/DaemonSupport", swiftSettings: common),
  .target(
    name: "LinuxSupport", dependencies: ["LinuxSurvey"], path: "Tests/LinuxSupport",
    swiftSettings: common),
  .testTarget(
    name: "RecordingTests",
    dependencies: [
      "LinuxSurvey", "NDPWire", "ProxyEngine", "ProxyModel", "Simulation", "TestSupport",
    ],
    swiftSettings: common),
  .target(
    name: "Conformance",
    dependencies: [
      "CLinux", "Inspection", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "ProxyConfig",
      "ProxyEngine", "ProxyModel", "TestSupport",
    ],
    path: "Tests/Conformance", exclude: ["README.md"], swiftSettings: common + unoptimized),
  .executableTarget(
    name: "ConformanceTable", dependencies: ["Conformance", "LinuxNet", "NetworkLab"],
    path: "Tests/ConformanceTable", swiftSettings: common),
  .target(
    name: "Scenarios",
    dependencies: ["Conformance", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab"],
    path: "Tests/Scenarios", swiftSettings: common),
  .target(
    name: "InterfaceEvents",
    dependencies: ["Conformance", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", "Scenarios"],
    path: "Tests/InterfaceEvents", swiftSettings: common),
  .executableTarget(
    name: "kernellab",
    dependencies: [
      "Conformance", "InterfaceEvents", "LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab",
      "Scenarios",
    ],
    path: "Tests/KernelLab", swiftSettings: common),
  .executableTarget(
    name: "InterfaceTable", dependencies: ["Conformance", "InterfaceEvents", "NetworkLab"],
    path: "Tests/InterfaceTable", swiftSettings: common),
  .testTarget(
    name: "NDPWireTests", dependencies: ["NDPWire", "TestSupport"], swiftSettings: common),
  .testTarget(name: "PlainTextTests", dependencies: ["PlainText"], swiftSettings: common),
  .testTarget(
    name: "ConsoleTests", dependencies: ["Console", "PlainText"], swiftSettings: common),
  .testTarget(
    name: "PrefixTrieTests", dependencies: ["NDPWire", "PrefixTrie", "TestSupport"],
    swiftSettings: common),
  .testTarget(
    name: "ProxyEngineTests",
    dependencies: ["NDPWire", "ProxyEngine", "ProxyModel", "TestSupport"],
    swiftSettings: common),
  .testTarget(
    name: "ProxyConfigTests",
    dependencies: ["NDPWire", "ProxyConfig", "ProxyModel", "TestSupport"],
    exclude: ["Corpus", "Traps"],
    swiftSettings: common),
  .testTarget(
    name: "LinuxNetTests",
    dependencies: [
      "CLinux", "LinuxNet", "LinuxSupport", "LinuxSurvey", "NDPWire", "NetworkLab", "TestSupport",
    ],
    cSettings: gnu, swiftSettings: common),
  .testTarget(
    name: "JSONTextTests",
    dependencies: ["JSONDecoding", "JSONText", "PlainText", "TestSupport"],
    swiftSettings: common),
  .testTarget(
    name: "LinuxSurveyTests",
    dependencies: ["LinuxNet", "LinuxSupport", "LinuxSurvey", "NDPWire"], swiftSettings: common),
  .testTarget(
    name: "ControlProtocolTests",
    dependencies: ["ControlProtocol", "JSONDecoding", "JSONText", "NDPWire", "TestSupport"],
    exclude: ["Recorded"], swiftSettings: common),
  .testTarget(
    name: "InspectionTests",
    dependencies: [
      "Inspection", "LinuxNet", "NDPWire", "ProxyConfig", "ProxyEngine", "ProxyModel",
    ],
    swiftSettings: common),
  .testTarget(
    name: "KernelPathTests",
    dependencies: [
      "FrameFuzzing", "KernelAnswering", "KernelPath", "LinuxNet", "LinuxSupport", "LinuxSurvey",
      "NDPWire", "ProxyEngine", "ProxyModel", "TestSupport",
    ],
    swiftSettings: common),
  .testTarget(
    name: "TargetSourcesTests",
    dependencies: [
      "LinuxNet", "LinuxSupport", "LinuxSurvey", "NDPWire", "NetworkLab", "ProxyModel",
      "TargetSources",
    ],
    swiftSettings: common),
  .testTarget(
    name: "EventLoopTests",
    dependencies: ["DaemonSupport", "EventLoop", "LinuxNet", "ProxyModel"],
    swiftSettings: common),
  .testTarget(
    name: "DaemonLogTests", dependencies: ["DaemonLog", "LinuxNet"], swiftSettings: common),
  .testTarget(
    name: "InterfaceSocketsTests",
    dependencies: [
      "DaemonLog", "DaemonSupport", "EventLoop", "Inspection", "InterfaceSockets", "LinuxNet",
      "ProxyEngine", "ProxyModel",
    ],
    swiftSettings: common),
  .testTarget(
    name: "KernelTablesTests",
    dependencies: [
      "DaemonLog", "DaemonSupport", "InterfaceSockets", "KernelTables", "LinuxNet", "NDPWire",
      "ProxyEngine", "ProxyModel", "TargetSources",
    ],
    swiftSettings: common),
  .testTarget(
    name: "KernelAnsweringTests",
    dependencies: [
      "DaemonSupport", "KernelAnswering", "KernelPath", "NDPWire", "ProxyEngine", "ProxyModel",
      "TestSupport",
    ],
    swiftSettings: common),
  .testTarget(
    name: "ControlConnectionsTests",
    dependencies: [
      "ControlConnections", "ControlProtocol", "DaemonLog", "DaemonSupport", "JSONText", "LinuxNet",
      "NDPWire", "ProxyModel",
    ],
    swiftSettings: common),
  .testTarget(
    name: "ConfigurationInForceTests",
    dependencies: [
      "ConfigurationInForce", "ControlProtocol", "DaemonLog", "LinuxNet", "NDPWire", "ProxyConfig",
      system,
    ],
    swiftSettings: common),
  .testTarget(
    name: "TakeOverTests",
    dependencies: [
      "ControlProtocol", "DaemonLog", "DaemonSupport", "Inspection", "InterfaceSockets", "LinuxNet",
      "NDPWire", "ProxyEngine", "ProxyModel", "TakeOver",
    ],
    swiftSettings: common),
  .testTarget(
    name: "ProxyDaemonTests",
    dependencies: [
      "ConfigurationInForce", "ControlProtocol", "DaemonLog", "DaemonSupport", "Inspection",
      "InterfaceSockets", "JSONText", "KernelAnswering", "KernelTables", "LinuxNet", "NDPWire",
      "ProxyConfig", "ProxyDaemon", "ProxyEngine", "ProxyModel", system,
    ],
    swiftSettings: common),
  .testTarget(
    name: "HostDoctorTests",
    dependencies: [
      "ControlProtocol", "HostDoctor", "JSONDecoding", "JSONText", "LinuxNet", "LinuxSurvey",
      "NDPWire", "NetworkLab", "ProxyConfig", "ProxyModel", "TestSupport", system,
    ],
    exclude: ["Rulesets"], swiftSettings: common),
  .testTarget(
    name: "NetworkLabTests",
    dependencies: ["LinuxNet", "LinuxSurvey", "NDPWire", "NetworkLab", system],
    swiftSettings: common),
  .testTarget(
    name: "ScenarioTests",
    dependencies: [
      "Inspection", "LinuxSurvey", "NDPWire", "NetworkLab", "ProxyConfig", "ProxyEngine",
      "ProxyModel",
      "Scenarios", "TestSupport",
    ],
    swiftSettings: common),
  .testTarget(
    name: "ndpproxyTests",
    dependencies: [
      "ControlProtocol", "JSONDecoding", "JSONText", "KernelPath", "LinuxNet", "LinuxSurvey",
      "NDPWire", "NetworkLab", subprocess, system,
    ],
    swiftSettings: common),
  .testTarget(
    name: "ndpctlTests",
    dependencies: [
      "ControlProtocol", "HostDoctor", "JSONDecoding", "JSONText", "LinuxNet", "LinuxSurvey",
      "NDPWire", "NetworkLab", "PlainText", system,
    ],
    swiftSettings: common),
  .testTarget(
    name: "ConformanceTests", dependencies: ["Conformance", "LinuxSurvey"], swiftSettings: common),
  .testTarget(
    name: "InterfaceEventTests",
    dependencies: ["Conformance", "InterfaceEvents", "LinuxSurvey", "NDPWire", "NetworkLab"],
    swiftSettings: common),
  .target(
    name: "FrameFuzzing", dependencies: ["NDPWire", "ProxyEngine", "ProxyModel", "TestSupport"],
    path: "Tests/FrameFuzzing", swiftSettings: common + optimized),
  .testTarget(
    name: "FrameFuzzingTests",
    dependencies: ["FrameFuzzing", "NDPWire", "ProxyEngine", "ProxyModel", "TestSupport"],
    swiftSettings: common),
  .target(
    name: "Simulation",
    dependencies: ["FrameFuzzing", "NDPWire", "ProxyEngine", "ProxyModel", "TestSupport", heap],
    path: "Tests/Simulation", swiftSettings: common + optimized),
  .executableTarget(
    name: "simulate", dependencies: ["FrameFuzzing", "Simulation", "TestSupport", arguments],
    path: "Tests/Simulate", swiftSettings: common),
  .testTarget(
    name: "SimulationTests", dependencies: ["ProxyEngine", "ProxyModel", "Simulation"],
    swiftSettings: common),
  .testTarget(name: "ndpbenchTests", dependencies: ["ndpbench"], swiftSettings: common),
  .testTarget(name: "TidyTests", swiftSettings: common),
]

let products: [Product] = [
  .executable(name: "ndpproxy", targets: ["ndpproxy"]),
  .executable(name: "ndpctl", targets: ["ndpctl"]),
]

let developersProducts: [Product] = [
  .executable(name: "conformance", targets: ["ConformanceTable"]),
  .executable(name: "interfaces", targets: ["InterfaceTable"]),
  .executable(name: "kernellab", targets: ["kernellab"]),
]

let dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
]

let developersDependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0")
]

let package = Package(
  name: "ndpproxy",
  products: products + (isForDevelopers ? developersProducts : []),
  dependencies: dependencies + (isForDevelopers ? developersDependencies : []),
  targets: targets + (isForDevelopers ? developersTargets : []),
  swiftLanguageModes: [.v6]
)
