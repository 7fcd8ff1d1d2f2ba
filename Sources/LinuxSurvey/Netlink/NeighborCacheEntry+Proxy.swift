import CLinux
package import LinuxNet

extension NeighborCacheEntry {
  /// The addresses that the kernel itself answers for, where `proxy_ndp` is set (NTF_PROXY).
  package static func readProxyEntries() throws(SystemError) -> [NeighborCacheEntry] {
    try read(flags: UInt8(NTF_PROXY))
  }
}
