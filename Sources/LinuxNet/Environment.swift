import Glibc

/// The environment that this process was started with.
package enum Environment {
  /// The value of a variable, or `nil` where it is not set.
  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
