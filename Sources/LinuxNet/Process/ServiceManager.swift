import CLinux
import PlainText

/// The service manager that started this process and wants to hear of it (sd_notify(3)).
package final class ServiceManager {
  private let descriptor: Descriptor
  private let address: sockaddr_un
  private let addressLength: socklen_t

  /// How often the manager wants a sign of life at the least; `nil` if it does not.
  ///
  /// `WATCHDOG_USEC`, unless `WATCHDOG_PID` says that another process is meant; within
  /// `watchdogRange`, and `nil` for what is no number above 0.
  package static var watchdogInterval: Duration? {
    if let process = CurrentProcess.environment("WATCHDOG_PID"), process != "\(getpid())" {
      return nil
    }
    let text = CurrentProcess.environment("WATCHDOG_USEC")
    guard let microseconds = text.flatMap(UInt64.init), microseconds > 0 else { return nil }
    let range = watchdogRange
    return .microseconds(min(max(microseconds, range.lowerBound), range.upperBound))
  }

  /// The shortest and the longest interval that is kept to, in microseconds: 100 ms, so that signs
  /// of life are not all that we do, and an hour.
  package static let watchdogRange: ClosedRange<UInt64> = 100_000...3_600_000_000

  /// Finds the manager by `NOTIFY_SOCKET`: a path, or an abstract name that begins with `@`.
  ///
  /// `nil` where there is none, or where its name cannot be one.
  package init?() {
    guard let name = CurrentProcess.environment("NOTIFY_SOCKET"),
      name.hasPrefix("/") || name.hasPrefix("@")
    else { return nil }
    var octets = Array(name.utf8)
    if octets[0] == UInt8(ascii: "@") { octets[0] = 0 }
    var address = sockaddr_un()
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard octets.count < capacity else { return nil }
    address.sun_family = UInt16(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
    self.address = address
    addressLength = socklen_t(MemoryLayout<sa_family_t>.size + octets.count)
    let type = CInt(SOCK_DGRAM.rawValue) | CInt(O_CLOEXEC)
    guard let number = try? call("open socket", { socket(AF_UNIX, type, 0) }) else { return nil }
    descriptor = Descriptor(owning: number)
  }

  /// The assignment that goes with `RELOADING=1`: when the reload began, by CLOCK_MONOTONIC.
  package static var reloadTime: String {
    "MONOTONIC_USEC=\(CLOCK_MONOTONIC.nanoseconds / 1000)"
  }

  /// Tells the manager assignments such as `READY=1`.
  ///
  /// What is not printable in them is shown as octets. Nobody waits for a manager that does not
  /// listen: then they are lost.
  package func tell(_ assignments: [String]) {
    let text = assignments.map { $0.printable }.joined(separator: "\n")
    var address = address
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe sendto(
          descriptor.number, text, text.utf8.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT),
          .init(__sockaddr__: $0), addressLength)
      }
    }
  }
}
