/// `kernel-path`: whether questions are answered inside the kernel, where the daemon may do that.
public enum KernelPathMode: String, CaseIterable, Sendable {
  /// Where the daemon has the capabilities and the kernel takes the program; else by sockets.
  case auto
  /// Always: the daemon does not start where that is not possible.
  case yes
  /// As `auto`, and in the drivers of interfaces that can do it.
  case xdp
  /// Never.
  case no
}
