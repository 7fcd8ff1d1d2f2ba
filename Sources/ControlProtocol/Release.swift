/// Which release of ndpproxy this is; both programs are of the same.
package enum Release {
  /// By semantic versioning; `scripts/build-deb` reads it, too.
  package static let version = "0.1.0"
}
