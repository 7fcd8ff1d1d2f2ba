import Glibc
import Testing

/// What a release says of itself, which has to be the same everywhere.
struct ReleaseTests {
  private func file(_ path: String) -> String { SourceTree.read(SourceTree.root + "/" + path) }

  /// What stands in quotes behind `static let NAME =`.
  private func constant(_ name: String) throws -> String {
    let text = file("Sources/ControlProtocol/Release.swift")
    let start = try #require(text.firstRange(of: "static let \(name) = \"")).upperBound
    return String(text[start...].prefix { $0 != "\"" })
  }

  @Test func `the changelog begins with the version`() throws {
    let version = try constant("version")
    let first = try #require(
      file("CHANGELOG.md").split(separator: "\n").first { $0.hasPrefix("## ") })
    #expect(first.dropFirst(3).prefix { $0 != " " } == version[...])
    #expect(version.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
  }

  @Test func `the version stands in one place`() throws {
    let version = try constant("version")
    let others =
      (SourceTree.files(under: "Sources") + SourceTree.files(under: "scripts", endings: [""]))
      .filter { $0.path != "Sources/ControlProtocol/Release.swift" }
      .filter { $0.lines.contains { $0.contains("\"\(version)\"") } }
    #expect(others.map(\.path) == [])
  }

  @Test func `the license is the same everywhere`() throws {
    let license = try constant("license")
    #expect(file("LICENSE").hasPrefix("\(license) License"))
    #expect(file("REUSE.toml").contains("SPDX-License-Identifier = \"\(license)\""))
    #expect(file("REUSE.toml").contains("path = \"**\""))
    #expect(file("LICENSES/\(license).txt") == file("LICENSE"))
    #expect(file("Packaging/nfpm.yaml").contains("\nlicense: \(license)\n"))
    #expect(file("Packaging/debian/copyright").contains("\nLicense: \(license)\n"))
  }

  /// All that Package.swift takes for the programs, and what else is linked in.
  @Test func `the notices name what the programs contain`() throws {
    let notices = file("THIRD-PARTY-NOTICES")
    let package = file("Package.swift")
    let start = try #require(package.firstRange(of: "let dependencies: [Package.Dependency] = ["))
      .upperBound
    let list = package[start...].prefix { $0 != "]" }
    let names = list.matches(of: /\/([a-z-]+)", exact:/).map { String($0.1) }
    #expect(names.count == 4)
    for name in names + [
      "swift-atomics", "llhttp", "libpcap", "GNU C Library", "libdispatch", "libstdc++",
    ] {
      #expect(notices.contains(name), "\(name)")
    }
    for text in ["Redistributions in binary form", "Apache License", "GNU LESSER GENERAL PUBLIC"] {
      #expect(notices.contains(text), "\(text)")
    }
  }

  /// `make uninstall` has to take away all that `make install` brings.
  @Test func `what is installed can be removed`() {
    let status = system(
      """
      directory=$(mktemp -d) && trap 'rm -r "$directory"' EXIT
      cd '\(SourceTree.root)' && mkdir -p "$directory/static/release" "$directory/root" || exit 2
      for name in release/ndpproxy release/ndpctl ndpctl.bash ndpctl.zsh ndpctl.fish; do
        echo x >"$directory/static/$name"; done
      run() { make -s "$@" release="$directory/static/release" generated="$directory/static" \
        DESTDIR="$directory/root" STRIP=: >&2; }
      run install install-openrc || exit 3
      test "$(find "$directory/root" -type f | wc -l)" -gt 20 || exit 4
      run uninstall || exit 5
      test -z "$(find "$directory/root" ! -type d)" || exit 6
      """)
    #expect(status == 0, "status \(status >> 8)")
  }
}
