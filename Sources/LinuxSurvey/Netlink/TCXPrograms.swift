import CLinux
import Glibc
import LinuxNet

/// eBPF programs that are attached to interfaces by tcx (bpf(2), Linux 6.6).
enum TCXPrograms {
  /// Where they see frames, of `enum bpf_attach_type`.
  enum Place: UInt32 {
    case ingress = 46
    case egress = 47
  }

  /// As our daemon names its own, which passes on whatever it does not answer.
  private static let ownName = "ndpproxy"
  /// More programs than that are not looked at.
  private static let limit = 64

  /// Whether a program of somebody else is there; `false` where that cannot be found out, for it
  /// takes CAP_NET_ADMIN, and CAP_BPF to read names.
  static func isThere(at interface: Int32, _ place: Place) -> Bool {
    identifiers(at: interface, place).contains { !isOurs($0) }
  }

  /// Whether a program is our daemon's, by its name.
  static func isOurs(_ program: UInt32) -> Bool { name(of: program) == ownName }

  private static func identifiers(at interface: Int32, _ place: Place) -> [UInt32] {
    var identifiers = [UInt32](repeating: 0, count: limit)
    var attributes = [UInt32](repeating: 0, count: 16)
    attributes[0] = UInt32(interface)
    attributes[1] = place.rawValue
    attributes[6] = UInt32(limit)
    let isRead = unsafe identifiers.withUnsafeMutableBytes { buffer in
      unsafe set(buffer.baseAddress, in: &attributes, at: 4)
      return call(16, &attributes) == 0
    }
    return isRead ? Array(identifiers.prefix(Int(attributes[6]))) : []
  }

  /// `nil` where it cannot be read.
  private static func name(of program: UInt32) -> String? {
    var attributes: [UInt32] = [program, 0, 0, 0]
    let number = call(13, &attributes)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(owning: CInt(number))
    // `struct bpf_prog_info`, up to its 16 octets of name at 64.
    var information = [UInt8](repeating: 0, count: 80)
    attributes = [UInt32(descriptor.number), UInt32(information.count), 0, 0]
    let isRead = unsafe information.withUnsafeMutableBytes { buffer in
      unsafe set(buffer.baseAddress, in: &attributes, at: 2)
      return call(15, &attributes) == 0
    }
    guard isRead else { return nil }
    return String(decoding: information[64...].prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func set(
    _ pointer: UnsafeMutableRawPointer?, in attributes: inout [UInt32], at place: Int
  ) {
    let address = UInt64(UInt(bitPattern: pointer))
    attributes[place] = UInt32(truncatingIfNeeded: address)
    attributes[place + 1] = UInt32(truncatingIfNeeded: address >> 32)
  }

  private static func call(_ command: CLong, _ attributes: inout [UInt32]) -> CLong {
    unsafe attributes.withUnsafeMutableBytes { buffer in
      unsafe linux_bpf(CLong(SYS_bpf), command, buffer.baseAddress, CLong(buffer.count))
    }
  }
}
