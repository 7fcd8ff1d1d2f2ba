import Testing

/// The documents, against the tree that they speak of.
struct DocumentTests {
  static let documents =
    SourceTree.files(under: ".", endings: [".md"]).filter { !$0.path.contains("/Corpus/") }

  /// Everything that people read or write, and that may name a document.
  static let texts =
    documents
    + ["Sources", "Tests", "Benchmarks", "Fuzz"].flatMap { SourceTree.files(under: $0) }
    + ["man", "scripts", "systemd", "openrc", "Packaging"].flatMap {
      SourceTree.files(under: $0, endings: [""])
    }
    + ["Makefile", "Package.swift", "THIRD-PARTY-NOTICES"].map {
      SourceTree.File(path: "./" + $0, text: SourceTree.read(SourceTree.root + "/" + $0))
    }

  @Test(arguments: documents)
  func `what a document links to is there`(document: SourceTree.File) {
    #expect(Links.broken(in: document) == [])
  }

  @Test func `a link to nowhere is found`() {
    let text = "[a](docs/nowhere.md) [b](README.md#install) [c](https://example.com/x)"
    #expect(Links.broken(in: SourceTree.File(path: "./x.md", text: text)) == ["docs/nowhere.md"])
    let below = SourceTree.File(path: "./docs/x.md", text: "![a](bench/cost.svg) [b](../LICENSE)")
    #expect(Links.broken(in: below) == [])
  }

  @Test(arguments: texts)
  func `a document that is named is in the tree`(text: SourceTree.File) {
    // Its samples name documents that are not.
    guard !text.path.hasSuffix("DocumentTests.swift") else { return }
    for (number, line) in text.lines.enumerated() {
      for name in Links.documents(namedIn: line) {
        #expect(
          Links.exists(name, from: text.path), "\(text.path):\(number + 1) names \(name)")
      }
    }
  }

  @Test(arguments: texts)
  func `nobody refers to papers outside the tree`(text: SourceTree.File) {
    let marks = ["DESIGN" + " §", "/work" + "/", "shared" + "/research"]
    for (number, line) in text.lines.enumerated() {
      #expect(!marks.contains { line.contains($0) }, "\(text.path):\(number + 1)")
    }
  }

  @Test func `README is short, and leads to every document`() throws {
    let readme = try #require(Self.documents.first { $0.path == "./README.md" })
    #expect(readme.lines.count <= 121, "at most 120 lines")
    let headings = readme.lines.filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
    #expect(
      headings == [
        "Do you need it?", "Install", "Configure", "Start", "Coming from ndppd",
        "Where to read on",
      ])
    // By way of another document is enough.
    var known: Set = ["./README.md"]
    var queue = ["./README.md"]
    while let path = queue.popLast() {
      guard let document = Self.documents.first(where: { $0.path == path }) else { continue }
      for target in Links.targets(in: document).map({ Links.resolve($0, from: path) })
      where known.insert(target).inserted {
        queue.append(target)
      }
    }
    for document in Self.documents where document.path.hasPrefix("./docs/") {
      #expect(known.contains(document.path), "\(document.path) is linked from nowhere")
    }
  }

  @Test(arguments: documents)
  func `a target that make is given is one of the Makefile`(document: SourceTree.File) {
    let makefile = SourceTree.read(SourceTree.root + "/Makefile")
    let targets = Set(
      makefile.split(separator: "\n").filter { !$0.hasPrefix("\t") && $0.contains(":") }.flatMap {
        $0.prefix { $0 != ":" }.split(separator: " ").map(String.init)
      })
    for match in document.lines.joined(separator: "\n").matches(of: /`make ((?:[a-z-]+ ?)+)/) {
      for target in match.1.split(separator: " ") {
        #expect(targets.contains(String(target)), "make \(target)")
      }
    }
  }
}

/// Where documents point.
private enum Links {
  /// The files that `[text](file)` names, as they stand there.
  static func targets(in document: SourceTree.File) -> [String] {
    document.lines.flatMap { line in
      line.matches(of: /\]\(([^)#]+)[^)]*\)/).map { String($0.1) }
    }.filter { !$0.contains("://") }
  }

  static func broken(in document: SourceTree.File) -> [String] {
    targets(in: document).filter { !isThere(resolve($0, from: document.path)) }
  }

  /// Words that look like documents of ours.
  static func documents(namedIn line: Substring) -> [String] {
    line.replacing("$project/", with: "").split {
      !($0.isLetter || $0.isNumber || "._/-:*".contains($0))
    }.map(String.init)
      .map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
      .filter { $0.hasSuffix(".md") && $0 != ".md" && !$0.contains("://") && !$0.contains("*") }
  }

  /// Whether a document is there, seen from the root or from who names it.
  static func exists(_ name: String, from path: String) -> Bool {
    let installed = name.split(separator: "/").last.map { "./" + $0 } ?? name
    return [resolve(name, from: path), resolve(name, from: "./x"), "./docs/" + name, installed]
      .contains(where: isThere)
  }

  /// `./docs/a.md` and `../README.md` give `./README.md`.
  static func resolve(_ target: String, from path: String) -> String {
    var parts = path.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: "/") {
      switch part {
      case ".": break
      case "..": parts.removeLast()
      default: parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  private static func isThere(_ path: String) -> Bool {
    SourceTree.isThere(path)
  }
}
