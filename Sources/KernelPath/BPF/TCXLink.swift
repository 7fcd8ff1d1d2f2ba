package import LinuxNet

/// A program that the kernel runs for every packet that comes in on an interface, before IPv6 and
/// packet sockets see it (TCX, Linux 6.6).
///
/// It goes with this object, and with the process: the kernel has no other reference to it.
/// Programs of others on the same interface stay, and have their turn where this one passes a
/// packet on.
package final class TCXLink {
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
}
