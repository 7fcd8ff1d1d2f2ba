import CLinux
package import LinuxNet
import Synchronization

/// A ring of records that programs in the kernel write, and this process reads (Linux 5.8).
///
/// `include/uapi/linux/bpf.h` and `kernel/bpf/ringbuf.c` say how it is laid out. Reading allocates
/// nothing.
@safe package final class BPFRing: Pollable {
  private let owned: Descriptor
  /// How far we have read, which the kernel has to see.
  private let consumer: UnsafeMutableRawPointer
  /// How far the kernel has written; the records begin one page behind.
  private let producer: UnsafeMutableRawPointer
  private let size: Int
  private let page: Int

  /// `BPF_MAP_TYPE_RINGBUF`.
  private static let type: UInt32 = 27
  private static let isBusy: UInt32 = 1 << 31
  private static let isDiscarded: UInt32 = 1 << 30
  private static let headerLength = 8

  /// Makes an empty ring; `size` in octets is a power of two and whole pages.
  ///
  /// Throws `EPERM` without CAP_BPF, and `EINVAL` where the kernel has no rings.
  package init(named name: String, size: Int) throws(SystemError) {
    precondition(size & (size - 1) == 0)
    self.size = size
    page = Int(getpagesize())
    var attributes = MapCreation(
      type: Self.type, keySize: 0, valueSize: 0, capacity: UInt32(size), flags: 0)
    let ring = Descriptor(owning: try bpf(.createMap, &attributes, "create the ring \(name)"))
    unsafe consumer = try unsafe Self.map(ring, PROT_READ | PROT_WRITE, length: page, offset: 0)
    do {
      // The records are there twice in a row, so that none of them is cut in two.
      unsafe producer = try unsafe Self.map(ring, PROT_READ, length: page + 2 * size, offset: page)
    } catch {
      unsafe munmap(consumer, page)
      throw error
    }
    owned = ring
  }

  deinit {
    unsafe munmap(consumer, page)
    unsafe munmap(producer, page + 2 * size)
  }

  private static func map(
    _ ring: borrowing Descriptor, _ protection: CInt, length: Int, offset: Int
  ) throws(SystemError) -> UnsafeMutableRawPointer {
    let pointer = unsafe mmap(nil, length, protection, MAP_SHARED, ring.number, offset)
    guard let pointer = unsafe pointer, unsafe !pointer.isMapFailure else {
      throw SystemError("map the ring", .current)
    }
    return unsafe pointer
  }

  /// For programs.
  var descriptor: CInt { owned.number }

  package var pollDescriptor: CInt { owned.number }

  /// Hands over the records that are there, no more than `limit`, each without its header; returns
  /// how many there were.
  package func read(limit: Int, _ body: (RawSpan) -> Void) -> Int {
    let readTo = unsafe consumer.assumingMemoryBound(to: Atomic<UInt64>.self)
    let writtenTo = unsafe producer.assumingMemoryBound(to: Atomic<UInt64>.self)
    var place = unsafe readTo.pointee.load(ordering: .relaxed)
    var count = 0
    while count < limit, unsafe place < writtenTo.pointee.load(ordering: .acquiring) {
      let record = unsafe producer + page + Int(place & UInt64(size - 1))
      let header = unsafe record.assumingMemoryBound(to: Atomic<UInt32>.self)
      let length = unsafe header.pointee.load(ordering: .acquiring)
      // It is being written.
      if length & Self.isBusy != 0 { break }
      let octets = Int(length & ~Self.isDiscarded)
      if length & Self.isDiscarded == 0 {
        let buffer = unsafe UnsafeRawBufferPointer(start: record + Self.headerLength, count: octets)
        body(unsafe buffer.bytes)
        count += 1
      }
      place += UInt64((Self.headerLength + octets + 7) & ~7)
      unsafe readTo.pointee.store(place, ordering: .releasing)
    }
    return count
  }
}
