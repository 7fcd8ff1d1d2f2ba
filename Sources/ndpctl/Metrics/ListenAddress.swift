import ArgumentParser
import NDPWire

/// Where metrics are served.
enum ListenAddress: ExpressibleByArgument, Equatable {
  /// An address in digits, and a port; 0 is any that is free.
  case address(String, port: Int)
  /// The socket that systemd has opened (systemd.socket(5)).
  case systemd

  /// Reads `192.0.2.1:9637`, `[::1]:9637`, `:9637` for all addresses, or `systemd`.
  init?(argument: String) {
    if argument == "systemd" {
      self = .systemd
      return
    }
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...])
    else { return nil }
    let host = argument[..<colon]
    if host.isEmpty {
      self = .address("::", port: Int(port))
    } else if host.first == "[", host.last == "]",
      let address = IPv6Address(String(host.dropFirst().dropLast()))
    {
      self = .address("\(address)", port: Int(port))
    } else if Self.isIPv4(host) {
      self = .address(String(host), port: Int(port))
    } else {
      return nil
    }
  }

  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { UInt8($0) != nil && $0.allSatisfy(\.isNumber) }
  }
}
