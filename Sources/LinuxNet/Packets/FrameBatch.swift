import CLinux

/// Memory for one batch of frames, laid out for `recvmmsg` or `sendmmsg` once and for all.
///
/// All is one mapping, and the kernel gives a page of it when it is first written to. What frames
/// begin with, mostly all of them, lies together, and the rest of long ones behind: so a few frames
/// take two pages, a full batch a few more, and cache lines do not crowd each other out.
@safe final class FrameBatch {
  /// How many frames one system call moves at most.
  static let count = 64

  let headers: UnsafeMutableBufferPointer<mmsghdr>
  /// For each frame one for its head and, where frames may be longer, one for the rest.
  private let vectors: UnsafeMutableBufferPointer<iovec>
  private let vectorCount: Int
  private let heads: UnsafeMutableRawBufferPointer
  private let headLength: Int
  private let rests: UnsafeMutableRawBufferPointer
  private let restLength: Int
  /// For each frame where it came from or goes to; empty where the socket is bound to one
  /// interface.
  private let places: UnsafeMutableBufferPointer<sockaddr_ll>
  private let mapping: UnsafeMutableRawBufferPointer
  /// Where a long frame is put together; empty until there is one.
  private var whole: [UInt8] = []

  /// There is room for frames of `headLength` and `restLength` octets together.
  ///
  /// `hasInterfaces` is for a socket of all interfaces, where each frame has one of its own.
  init(headLength: Int, restLength: Int = 0, hasInterfaces: Bool = false) {
    (self.headLength, self.restLength) = (headLength, restLength)
    vectorCount = restLength > 0 ? 2 : 1
    let lengths = unsafe [
      Self.count * MemoryLayout<mmsghdr>.stride,
      Self.count * vectorCount * MemoryLayout<iovec>.stride,
      hasInterfaces ? Self.count * MemoryLayout<sockaddr_ll>.stride : 0,
      Self.count * headLength,
      Self.count * restLength,
    ]
    unsafe mapping = mapZeros(lengths.reduce(0, +))
    var rest = unsafe mapping[...]
    func next(_ index: Int) -> UnsafeMutableRawBufferPointer {
      defer { unsafe rest = rest.dropFirst(lengths[index]) }
      return unsafe UnsafeMutableRawBufferPointer(rebasing: rest.prefix(lengths[index]))
    }
    unsafe headers = next(0).bindMemory(to: mmsghdr.self)
    unsafe vectors = next(1).bindMemory(to: iovec.self)
    unsafe places = next(2).bindMemory(to: sockaddr_ll.self)
    unsafe heads = next(3)
    unsafe rests = next(4)
    for index in 0..<Self.count {
      let first = index * vectorCount
      unsafe vectors.initializeElement(
        at: first,
        to: iovec(iov_base: heads.baseAddress! + index * headLength, iov_len: headLength))
      if restLength > 0 {
        unsafe vectors.initializeElement(
          at: first + 1,
          to: iovec(iov_base: rests.baseAddress! + index * restLength, iov_len: restLength))
      }
      var header = unsafe mmsghdr()
      unsafe header.msg_hdr.msg_iov = vectors.baseAddress! + first
      unsafe header.msg_hdr.msg_iovlen = vectorCount
      if hasInterfaces {
        unsafe header.msg_hdr.msg_name = UnsafeMutableRawPointer(places.baseAddress! + index)
        unsafe header.msg_hdr.msg_namelen = Self.placeLength
      }
      unsafe headers.initializeElement(at: index, to: header)
    }
  }

  deinit { unsafe munmap(mapping.baseAddress, mapping.count) }

  /// Hands over a received frame, and whether it was longer than there is room for.
  func read(_ index: Int, _ body: (_ frame: RawSpan, _ isTruncated: Bool) -> Void) {
    let header = unsafe headers[index]
    let isTruncated = unsafe header.msg_hdr.msg_flags & CInt(MSG_TRUNC) != 0
    let length = min(Int(unsafe header.msg_len), headLength + restLength)
    let head = unsafe UnsafeRawBufferPointer(
      rebasing: heads[range(index, headLength, min(length, headLength))])
    guard length > headLength else { return unsafe body(head.bytes, isTruncated) }
    whole.removeAll(keepingCapacity: true)
    unsafe whole.append(contentsOf: head)
    unsafe whole.append(
      contentsOf: UnsafeRawBufferPointer(
        rebasing: rests[range(index, restLength, length - headLength)]))
    let frame = whole
    unsafe body(frame.span.bytes, isTruncated)
  }

  /// Makes room for where the frames of the next batch come from.
  func prepareInterfaces() {
    for index in 0..<Self.count { unsafe headers[index].msg_hdr.msg_namelen = Self.placeLength }
  }

  /// The index of the interface on which a frame came.
  func interface(of index: Int) -> Int32 { unsafe places[index].sll_ifindex }

  /// Says out of which interface a frame is to go.
  func setInterface(of index: Int, to interface: Int32) {
    unsafe places[index].sll_family = UInt16(AF_PACKET)
    unsafe places[index].sll_ifindex = interface
  }

  private static let placeLength = socklen_t(MemoryLayout<sockaddr_ll>.size)

  /// Has a frame written that is to be sent, in no more than `headLength` octets.
  func write(_ index: Int, _ encode: (inout MutableRawSpan) -> Int) {
    let frame = unsafe UnsafeMutableRawBufferPointer(
      rebasing: heads[range(index, headLength, headLength)])
    var span = unsafe frame.mutableBytes
    unsafe vectors[index * vectorCount].iov_len = encode(&span)
  }

  private func range(_ index: Int, _ stride: Int, _ length: Int) -> Range<Int> {
    index * stride..<index * stride + length
  }
}

/// So many octets of new memory, all of them zero (mmap(2)).
private func mapZeros(_ count: Int) -> UnsafeMutableRawBufferPointer {
  let memory = unsafe mmap(
    nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  precondition(unsafe memory?.isMapFailure == false, "out of memory")
  return unsafe UnsafeMutableRawBufferPointer(start: memory, count: count)
}
