import CLinux
import LinuxNet

/// The bpf(2) system call; what its attributes point to stays where it is until it returns.
///
/// Throws `EPERM` without CAP_BPF, `ENOSYS` or `EINVAL` where the kernel does not know the command.
@discardableResult
func bpf(
  _ command: bpf_cmd, _ attributes: inout bpf_attr, _ operation: @autoclosure () -> String
) throws(SystemError) -> CInt {
  try call(operation()) {
    unsafe CInt(
      linux_bpf(
        CLong(SYS_bpf), CLong(command.rawValue), &attributes, CLong(MemoryLayout<bpf_attr>.size)))
  }
}

/// All attributes zero, as the kernel wants those that it does not know.
func noAttributes() -> bpf_attr { bpf_attr() }

/// A pointer as attributes have it.
func address(_ pointer: UnsafeRawPointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }
