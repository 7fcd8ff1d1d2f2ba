import Testing

struct StyleTests {
  static let all = ["Sources", "Tests", "Benchmarks", "Fuzz"].flatMap {
    SourceTree.files(under: $0)
  }

  /// What is compiled in the strictest way, and so has to be documented.
  static let products = SourceTree.files(under: "Sources") + SourceTree.files(under: "Benchmarks")

  @Test(arguments: all)
  func `files stay short and lines narrow`(file: SourceTree.File) {
    #expect(file.lines.count <= 401, "at most 400 lines")
    for (number, line) in file.lines.enumerated() where line.count > 100 {
      // A literal that cannot be broken is the only excuse, and swift format accepts it.
      #expect(line.contains("\""), "\(file.path):\(number + 1) is \(line.count) columns wide")
    }
  }

  /// Outside LinuxNet, LinuxSurvey and KernelPath: octets to numbers, what benchmarks compare that
  /// with, and what `main` gets.
  static let unsafeFiles: Set = [
    "Sources/NDPWire/RawSpan+BigEndian.swift", "Benchmarks/ndpbench/Load/ReferenceLoop.swift",
    "Benchmarks/ndpbench/Micro/FrameOctets.swift", "Sources/ndpproxy/Program.swift",
  ]

  /// Where `unsafe` may stand: each use is one expression behind its bound.
  @Test(arguments: products)
  func `unsafe code stays where it may`(file: SourceTree.File) {
    let isAllowed =
      ["LinuxNet", "LinuxSurvey", "KernelPath"].contains(file.room)
      || Self.unsafeFiles.contains(file.path)
    for (number, line) in file.lines.enumerated() where !isAllowed {
      let code = line.prefix { $0 != "/" }
      #expect(
        !code.split(whereSeparator: { !$0.isLetter }).contains("unsafe"),
        "\(file.path):\(number + 1)")
    }
  }

  @Test func `there is no C`() {
    let names = ["Sources", "Tests", "Benchmarks", "Fuzz"].flatMap { SourceTree.names(under: $0) }
    #expect(names.filter { $0.hasSuffix(".c") || $0.hasSuffix(".cpp") } == [])
    for header in SourceTree.files(under: "Sources", endings: [".h"]) {
      // A struct is what a function of the kernel takes.
      let bodies = header.lines.filter { $0.contains("{") && !$0.hasPrefix("struct ") }
      #expect(bodies == [], "\(header.path) has a body")
    }
  }

  static let daemonRooms = [
    "ConfigurationInForce", "ControlConnections", "ControlProtocol", "DaemonLog", "EventLoop",
    "Inspection", "InterfaceSockets", "JSONText", "KernelAnswering", "KernelPath", "KernelTables",
    "LinuxNet", "NDPWire", "PlainText", "PrefixTrie", "ProxyConfig", "ProxyDaemon", "ProxyEngine",
    "ProxyModel", "TakeOver", "TargetSources", "ndpproxy",
  ]

  @Test(arguments: SourceTree.files(under: "Sources").filter { daemonRooms.contains($0.room) })
  func `the daemon is synchronous`(file: SourceTree.File) {
    for (number, line) in file.lines.enumerated() {
      let words = line.prefix { $0 != "/" }.split { !$0.isLetter }
      #expect(
        !words.contains("async") && !words.contains("await") && !words.contains("Regex"),
        "\(file.path):\(number + 1)")
    }
  }

  @Test(arguments: all)
  func `nothing is left behind`(file: SourceTree.File) {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    for (number, line) in file.lines.enumerated() {
      #expect(!marks.contains { line.contains($0) }, "\(file.path):\(number + 1)")
    }
  }

  @Test(arguments: products + SourceTree.files(under: "Tests/Conformance"))
  func `what a room offers is documented`(file: SourceTree.File) {
    for (number, line) in file.lines.enumerated() where declares(line) {
      var above = number - 1
      while above >= 0, file.lines[above].trimmed.hasPrefix("@") { above -= 1 }
      #expect(
        above >= 0 && file.lines[above].trimmed.hasPrefix("///"),
        "\(file.path):\(number + 1) has no ///")
    }
  }

  /// Whether the line declares something for other rooms that does not explain itself.
  ///
  /// Initializers that only set what they are given, and what a protocol of Swift's asks for, do.
  private func declares(_ line: Substring) -> Bool {
    let text = line.trimmed
    guard text.hasPrefix("package "), !text.hasPrefix("package import") else { return false }
    let known = [
      "package init(", "package init()", "package var description:", "package static func <",
      "package var pollDescriptor", "package let rawValue",
    ]
    return !known.contains { text.hasPrefix($0) }
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
