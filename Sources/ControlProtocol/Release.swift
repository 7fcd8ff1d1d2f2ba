/// Which release these programs are of, and under which licence.
///
/// This is the only place where the version stands. `scripts/build-dist` reads it from here for the
/// names of packages, and a test compares it with CHANGELOG.md.
package enum Release {
  /// The version, as semver.org counts: CHANGELOG.md says what it covers.
  package static let version = "0.2.0"

  /// The licence of ndpproxy, as an SPDX identifier.
  package static let license = "MIT"

  /// What `--version` prints for a program of this name: two lines, without the last newline.
  package static func text(of program: String) -> String {
    """
    \(program) \(version)
    License: \(license); licences of what is linked in: THIRD-PARTY-NOTICES
    """
  }
}
