import CLinux
import Glibc
import NDPWire

/// What the kernel interface allows: `recvmmsg`, the least change that makes an answer, `sendmmsg`.
///
/// It turns every solicitation that comes into an advertisement, in the memory in which it came,
/// and sends it back. It has no rules, counts nothing and trusts everybody: whatever a proxy does
/// beyond this is the price of being one. The only program here that is not to be used.
@safe struct ReferenceLoop: ~Copyable {
  private let descriptor: CInt
  private let headers: UnsafeMutablePointer<mmsghdr>
  private let vectors: UnsafeMutablePointer<iovec>
  private let octets: UnsafeMutableRawPointer
  private let linkLayerAddress: MACAddress
  private let source: IPv6Address

  private static let batch = 64
  private static let capacity = 2048
  /// A solicitation or advertisement with its one option, from the Ethernet header on.
  private static let frameLength = 86

  /// Opens a packet socket on the interface with that index.
  init(interfaceIndex: Int32, linkLayerAddress: MACAddress, source: IPv6Address) {
    self.linkLayerAddress = linkLayerAddress
    self.source = source
    descriptor = socket(AF_PACKET, CInt(SOCK_RAW.rawValue), 0)
    unsafe headers = .allocate(capacity: Self.batch)
    unsafe vectors = .allocate(capacity: Self.batch)
    unsafe octets = .allocate(byteCount: Self.batch * Self.capacity, alignment: 64)
    unsafe octets.initializeMemory(
      as: UInt8.self, repeating: 0, count: Self.batch * Self.capacity)
    for index in 0..<Self.batch {
      unsafe vectors.advanced(by: index).initialize(
        to: iovec(iov_base: octets + index * Self.capacity, iov_len: Self.capacity))
      var header = unsafe mmsghdr()
      unsafe header.msg_hdr.msg_iov = vectors + index
      unsafe header.msg_hdr.msg_iovlen = 1
      unsafe headers.advanced(by: index).initialize(to: header)
    }
    // As much room as the daemon asks for.
    var size: CInt = 4 << 20
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_protocol = UInt16(ETH_P_IPV6).bigEndian
    address.sll_ifindex = interfaceIndex
    let bound = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(
          descriptor, .init(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_ll>.size))
      }
    }
    guard bound == 0 else { fatalError("no packet socket: errno \(errno)") }
  }

  /// Answers until a signal ends the process.
  func run() -> Never {
    while true {
      for index in 0..<Self.batch {
        unsafe vectors[index].iov_len = Self.capacity
      }
      let received = unsafe recvmmsg(
        descriptor, headers, UInt32(Self.batch), CInt(MSG_WAITFORONE), nil)
      guard received > 0 else { continue }
      // What is no solicitation is gone over by the next that is one.
      var count = 0
      for index in 0..<Int(received) where unsafe headers[index].msg_len == Self.frameLength {
        let frame = unsafe octets + index * Self.capacity
        guard unsafe frame.load(fromByteOffset: 54, as: UInt8.self) == 135 else { continue }
        unsafe answer(UnsafeMutableRawBufferPointer(start: frame, count: Self.frameLength))
        unsafe vectors[count].iov_base = frame
        unsafe vectors[count].iov_len = Self.frameLength
        count += 1
      }
      var sent = 0
      while sent < count {
        let result = unsafe sendmmsg(descriptor, headers + sent, UInt32(count - sent), 0)
        if result < 1 { break }
        sent += Int(result)
      }
      for index in 0..<count {
        unsafe vectors[index].iov_base = octets + index * Self.capacity
      }
    }
  }

  /// Makes the solicitation an advertisement: to whom it came from, from us, with our address.
  private func answer(_ frame: UnsafeMutableRawBufferPointer) {
    for offset in 0..<6 { unsafe frame[offset] = frame[6 + offset] }
    unsafe put(linkLayerAddress.bits << 16, at: 6, octets: 6, in: frame)
    for offset in 0..<16 { unsafe frame[38 + offset] = frame[22 + offset] }
    let own = source.bits
    unsafe put(UInt64(truncatingIfNeeded: own >> 64), at: 22, octets: 8, in: frame)
    unsafe put(UInt64(truncatingIfNeeded: own), at: 30, octets: 8, in: frame)
    // Type 136, code 0, no checksum yet; the flags R and S.
    unsafe put(0x8800_0000_c000_0000, at: 54, octets: 8, in: frame)
    unsafe frame[78] = 2
    unsafe put(linkLayerAddress.bits << 16, at: 80, octets: 6, in: frame)
    unsafe put(UInt64(checksum(frame)) << 48, at: 56, octets: 2, in: frame)
  }

  /// Writes the first octets of a number, most significant first.
  private func put(
    _ number: UInt64, at offset: Int, octets: Int, in frame: UnsafeMutableRawBufferPointer
  ) {
    if octets == 8 {
      unsafe frame.storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt64.self)
    } else {
      for index in 0..<octets {
        unsafe frame[offset + index] = UInt8(truncatingIfNeeded: number >> (56 - 8 * index))
      }
    }
  }

  /// Over both addresses and the message, in words as the machine has them (RFC 1071 §2).
  private func checksum(_ frame: UnsafeMutableRawBufferPointer) -> UInt16 {
    var sum = UInt64(UInt16(32 + 58).bigEndian)
    for offset in stride(from: 22, to: Self.frameLength, by: 4) {
      sum += UInt64(unsafe frame.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
    return (~UInt16(sum)).bigEndian
  }
}
