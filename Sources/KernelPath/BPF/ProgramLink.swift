package import LinuxNet

/// A program that the kernel runs for every packet that comes in on an interface.
///
/// It goes with this object, and with the process: the kernel has no other reference to it.
package final class ProgramLink: AttachedProgram {
  private let owned: Descriptor

  /// Where packets meet the program.
  package enum Place: Sendable {
    /// Before IPv6 and packet sockets see them (TCX, Linux 6.6). Programs of others on the same
    /// interface stay, and have their turn where this one passes a packet on.
    case trafficControl
    /// In the driver, before there is a packet (native XDP, by a link since Linux 5.9). One program
    /// has room there.
    case driver

    /// BPF_TCX_INGRESS of `enum bpf_attach_type`, which headers before 6.6 do not have.
    static let tcx: UInt32 = 46
  }

  /// Attaches a program, behind those that are there already where there is room for several.
  ///
  /// Throws `EINVAL` where the kernel has no TCX, `ENODEV` where there is no such interface,
  /// `EOPNOTSUPP` where the driver has no XDP, `EBUSY` where another program has the place, and
  /// `EPERM` without CAP_NET_ADMIN.
  package init(
    _ program: BPFProgram, on interface: Int32, at place: Place = .trafficControl
  ) throws(SystemError) {
    // Of `enum bpf_attach_type`, and XDP_FLAGS_DRV_MODE.
    let (attachment, flags): (UInt32, UInt32) =
      switch place {
      case .trafficControl: (Place.tcx, 0)
      case .driver: (37, 1 << 2)
      }
    var attributes = LinkCreation(
      program: UInt32(program.descriptor), target: UInt32(interface), attachment: attachment,
      flags: flags)
    let number = try bpf(.createLink, &attributes, "attach to interface \(interface)")
    owned = Descriptor(owning: number)
  }

  // Another process that is just being started may have the descriptor, too, for a moment.
  deinit {
    var attributes = LinkDetachment(link: UInt32(owned.number))
    _ = try? bpf(.detachLink, &attributes, "detach the program")
  }

  /// Whether the interface is still there.
  package var isAttached: Bool {
    var information = LinkInformation()
    var attributes = ObjectInformation(
      descriptor: UInt32(owned.number), length: UInt32(MemoryLayout<LinkInformation>.size))
    do throws(SystemError) {
      try unsafe withUnsafeMutablePointer(to: &information) { (pointer) throws(SystemError) in
        attributes.information = unsafe bpfPointer(pointer)
        try bpf(.objectInformation, &attributes, "query the attached program")
      }
    } catch {
      return false
    }
    return information.interface != 0
  }

  /// Has another program in place of the one that is attached: every packet meets one of the two.
  package func replace(by program: BPFProgram) throws(SystemError) {
    var attributes = LinkUpdate(link: UInt32(owned.number), program: UInt32(program.descriptor))
    try bpf(.updateLink, &attributes, "replace the program")
  }
}
