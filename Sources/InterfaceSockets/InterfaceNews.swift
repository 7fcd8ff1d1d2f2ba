package import Inspection
package import LinuxNet

/// Where it is told how interfaces are and change: netlink, or a test.
package protocol InterfaceNews: Pollable {
  /// How all of them are now.
  func readTable() throws(SystemError) -> HostTable

  /// Hands over changes; throws `ENOBUFS` where some were lost.
  func receive(_ body: (HostChange) -> Void) throws(SystemError) -> Bool
}

extension HostMonitor: InterfaceNews {
  /// Reads them from the kernel.
  package func readTable() throws(SystemError) -> HostTable { try HostTable(readFrom: self) }
}
