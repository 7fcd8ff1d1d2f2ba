package import LinuxNet

/// A program that the kernel runs for every packet that comes in on an interface, before IPv6 and
/// packet sockets see it (TCX, Linux 6.6).
///
/// It goes with this object, and with the process: the kernel has no other reference to it.
/// Programs of others on the same interface stay, and have their turn where this one passes a
/// packet on.
package final class TCXLink: AttachedProgram {
  private let owned: Descriptor

  /// `enum bpf_attach_type`, which headers before 6.6 do not have.
  private static let ingress: UInt32 = 46

  /// Attaches a program behind those that are there already.
  ///
  /// Throws `EINVAL` where the kernel has no TCX, `ENODEV` where there is no such interface, and
  /// `EPERM` without CAP_NET_ADMIN.
  package init(_ program: BPFProgram, on interface: Int32) throws(SystemError) {
    var attributes = LinkCreation(
      program: UInt32(program.descriptor), target: UInt32(interface), attachment: Self.ingress)
    let number = try bpf(.createLink, &attributes, "attach to interface \(interface)")
    owned = Descriptor(owning: number)
  }

  /// Whether the interface is still there.
  package var isAttached: Bool {
    var information = LinkInformation()
    var attributes = ObjectInformation(
      descriptor: UInt32(owned.number), length: UInt32(MemoryLayout<LinkInformation>.size))
    do throws(SystemError) {
      try unsafe withUnsafeMutablePointer(to: &information) { (pointer) throws(SystemError) in
        attributes.information = unsafe address(pointer)
        try bpf(.objectInformation, &attributes, "look at the attached program")
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
