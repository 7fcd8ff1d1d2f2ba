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
    var query = ProgramQuery(interface: UInt32(interface), attachment: place.rawValue)
    query.count = UInt32(limit)
    let isRead = unsafe identifiers.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      query.programs = unsafe bpfPointer(base)
      return isDone(.queryPrograms, &query)
    }
    return isRead ? Array(identifiers.prefix(Int(query.count))) : []
  }

  /// `nil` where it cannot be read.
  private static func name(of program: UInt32) -> String? {
    var opening = ProgramOpening(program: program)
    guard let number = try? bpf(.openProgram, &opening, "open a program") else { return nil }
    let descriptor = Descriptor(owning: number)
    // `struct bpf_prog_info`, up to its 16 octets of name at 64.
    var information = [UInt8](repeating: 0, count: 80)
    var attributes = ObjectInformation(
      descriptor: UInt32(descriptor.number), length: UInt32(information.count))
    let isRead = unsafe information.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      attributes.information = unsafe bpfPointer(base)
      return isDone(.objectInformation, &attributes)
    }
    guard isRead else { return nil }
    return String(decoding: information[64...].prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func isDone<Attributes: BitwiseCopyable>(
    _ command: BPFCommand, _ attributes: inout Attributes
  ) -> Bool {
    (try? bpf(command, &attributes, "read programs")) != nil
  }
}
