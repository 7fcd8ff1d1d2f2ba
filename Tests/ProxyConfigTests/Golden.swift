import Glibc

/// How lines differ from those of a file of the repository, `-` before what the file says.
///
/// With `UPDATE_GOLDEN=1` in the environment the file is written anew instead. Lines are compared
/// by their numbers, which fits tables: their rows neither come nor go unnoticed.
func differencesFromGolden(_ lines: [String], path: String) -> [String] {
  if getenv("UPDATE_GOLDEN").map({ String(cString: $0) }) == "1" {
    return write(lines, toFile: path) ? [] : ["cannot write \(path)"]
  }
  let text = String(decoding: contents(ofFile: path) ?? [], as: UTF8.self)
  let expected = text.split(separator: "\n").map(String.init)
  return (0..<max(lines.count, expected.count)).flatMap { index -> [String] in
    let theirs = index < expected.count ? expected[index] : nil
    let ours = index < lines.count ? lines[index] : nil
    guard theirs != ours else { return [] }
    return [theirs.map { "-\($0)" }, ours.map { "+\($0)" }].compactMap { $0 }
  }
}

private func write(_ lines: [String], toFile path: String) -> Bool {
  guard let stream = fopen(repositoryPath(path), "w") else { return false }
  let text = lines.map { "\($0)\n" }.joined()
  let isWritten = fputs(text, stream) >= 0
  return fclose(stream) == 0 && isWritten
}
