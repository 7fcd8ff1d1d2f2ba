import Glibc

/// The time of day, for people; it may go back.
package enum WallClock {
  /// Nanoseconds since 1970.
  package static var nanoseconds: UInt64 { CLOCK_REALTIME.nanoseconds }

  /// A time as this host's users write it, by a format of strftime(3); some 60 characters.
  package static func text(seconds: Int, format: String) -> String {
    var (time, parts) = (time_t(seconds), unsafe tm())
    guard unsafe localtime_r(&time, &parts) != nil else { return "?" }
    var text = [CChar](repeating: 0, count: 64)
    let length = unsafe strftime(&text, text.count, format, &parts)
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
