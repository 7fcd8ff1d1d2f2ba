import ProxyConfig

/// What libFuzzer calls with one file after another; see `scripts/fuzz`.
///
/// That parsing ends, and within memory, is for libFuzzer to watch. A trap is a finding.
@c(LLVMFuzzerTestOneInput)
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = Array(UnsafeBufferPointer(start: start, count: count))
  let files = Files(octets)
  let result = ConfigurationParser.parse(
    files.all[0], fileName: "d/0", identity: "0", including: files)
  let hasError = result.diagnostics.contains { $0.severity == .error }
  require(hasError == (result.configuration == nil), "an error means no configuration", result)
  let report = result.report
  require(result.diagnostics.isEmpty == report.isEmpty, "what is wrong is shown", result)
  require(report.utf8.allSatisfy(isShowable), "no file drives a terminal", result)
  if let configuration = result.configuration {
    require(NumericKey.violations(in: configuration).isEmpty, "numbers stay in range", result)
    checkPrinting(of: configuration)
  }
  if isNumberLike(octets) { checkNumber(String(decoding: octets, as: UTF8.self)) }
  return 0
}

/// Several files in one: the record separator (ASCII 30) stands between each two.
///
/// They can be included by their numbers, and all of them by any pattern.
private final class Files: IncludedFiles {
  let all: [[UInt8]]

  init(_ octets: [UInt8]) {
    all = octets.split(separator: 30, maxSplits: 8, omittingEmptySubsequences: false).map(
      Array.init)
  }

  func paths(matching path: String) -> [String] {
    path.contains("*") ? all.indices.map { "d/\($0)" } : [path]
  }

  func read(_ path: String, limit: Int) throws(IncludeFailure) -> IncludedFile {
    guard let name = path.split(separator: "/").last, let number = Int(name),
      all.indices.contains(number)
    else { throw IncludeFailure(reason: "open \(path): No such file or directory") }
    return IncludedFile(identity: "\(number)", octets: Array(all[number].prefix(limit + 1)))
  }
}

/// Whether a whole file is one word that a number might be.
private func isNumberLike(_ octets: [UInt8]) -> Bool {
  guard let first = octets.first, octets.count <= 64 else { return false }
  return "+-0123456789".utf8.contains(first)
    && octets.allSatisfy { "+-.,_%0123456789abcdefghijklmnopqrstuvwxyz".utf8.contains($0) }
}

/// As the value of every key that takes a number, and as a prefix length, a word is what it says.
private func checkNumber(_ text: String) {
  for key in NumericKey.all {
    if let objection = key.objection(to: text) { fatalError("violated: \(objection)") }
  }
  if let objection = objection(toPrefixLength: text) { fatalError("violated: \(objection)") }
}

/// A printed configuration parses back to an equal one without errors.
private func checkPrinting(of configuration: Configuration) {
  let text = configuration.description
  let result = ConfigurationParser.parse(Array(text.utf8), fileName: "printed")
  require(result.configuration == configuration, "what is printed means the same:\n\(text)", result)
}

private func isShowable(_ octet: UInt8) -> Bool {
  0x20...0x7e ~= octet || octet == UInt8(ascii: "\t") || octet == UInt8(ascii: "\n")
}

/// Ends the process, which is how libFuzzer learns of a finding.
private func require(
  _ isTrue: Bool, _ claim: @autoclosure () -> String, _ result: ParseResult
) {
  if !isTrue { fatalError("violated: \(claim())\n\(result.report)") }
}
