import Glibc
package import LinuxNet

extension WallClock {
  /// A time as this host's users write it, by a format of strftime(3); some 60 characters.
  package static func text(seconds: Int, format: String) -> String {
    var (time, parts) = (time_t(seconds), unsafe tm())
    guard unsafe localtime_r(&time, &parts) != nil else { return "?" }
    var text = [CChar](repeating: 0, count: 64)
    let length = unsafe strftime(&text, text.count, format, &parts)
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
