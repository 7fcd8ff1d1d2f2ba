import CLinux
import Glibc

/// Memory for one batch of frames, laid out for `recvmmsg` or `sendmmsg` once and for all.
@safe final class FrameBatch {
  /// How many frames one system call moves at most.
  static let count = 64

  let headers: UnsafeMutableBufferPointer<mmsghdr>
  private let vectors: UnsafeMutableBufferPointer<iovec>
  private let octets: UnsafeMutableRawBufferPointer
  private let frameCapacity: Int

  /// `frameCapacity` is the longest frame that there is room for, in octets.
  init(frameCapacity: Int) {
    self.frameCapacity = frameCapacity
    unsafe headers = .allocate(capacity: Self.count)
    unsafe vectors = .allocate(capacity: Self.count)
    // So much of it comes from the kernel, as zeros, a page when it is first written to: what is
    // never used costs nothing.
    let size = Self.count * frameCapacity
    unsafe octets = UnsafeMutableRawBufferPointer(start: calloc(1, size), count: size)
    precondition(unsafe octets.baseAddress != nil, "out of memory")
    for index in 0..<Self.count {
      unsafe vectors.initializeElement(
        at: index,
        to: iovec(iov_base: octets.baseAddress! + index * frameCapacity, iov_len: frameCapacity))
      var header = unsafe mmsghdr()
      unsafe header.msg_hdr.msg_iov = vectors.baseAddress! + index
      unsafe header.msg_hdr.msg_iovlen = 1
      unsafe headers.initializeElement(at: index, to: header)
    }
  }

  deinit {
    unsafe headers.deallocate()
    unsafe vectors.deallocate()
    unsafe free(octets.baseAddress)
  }

  /// Hands over a received frame, and whether it was longer than there is room for.
  func read(_ index: Int, _ body: (_ frame: RawSpan, _ isTruncated: Bool) -> Void) {
    let header = unsafe headers[index]
    let isTruncated = unsafe header.msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
    let length = min(Int(unsafe header.msg_len), frameCapacity)
    body(
      unsafe UnsafeRawBufferPointer(rebasing: octets[range(index, length)]).bytes, isTruncated)
  }

  /// Has a frame written that is to be sent.
  func write(_ index: Int, _ encode: (inout MutableRawSpan) -> Int) {
    let frame = unsafe UnsafeMutableRawBufferPointer(rebasing: octets[range(index, frameCapacity)])
    var span = unsafe frame.mutableBytes
    unsafe vectors[index].iov_len = encode(&span)
  }

  private func range(_ index: Int, _ length: Int) -> Range<Int> {
    let start = index * frameCapacity
    return start..<start + length
  }
}
