import CLinux
package import LinuxNet

extension Heap {
  /// The octets that are allocated now, large blocks included, without the allocator's own.
  package static var allocatedOctets: Int {
    let statistics = mallinfo2()
    return statistics.uordblks + statistics.hblkhd
  }
}
