import Inspection
import LinuxNet

/// Where it is told how interfaces are and change: netlink, or a test.
protocol InterfaceNews: Pollable {
  /// How all of them are now.
  func readTable() throws(SystemError) -> HostTable

  /// Hands over changes; throws `ENOBUFS` where some were lost.
  func receive(_ body: (HostChange) -> Void) throws(SystemError) -> Bool
}

extension HostMonitor: InterfaceNews {
  func readTable() throws(SystemError) -> HostTable { try HostTable(readFrom: self) }
}
