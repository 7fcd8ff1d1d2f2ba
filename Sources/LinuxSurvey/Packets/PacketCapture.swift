import CPcap
import Glibc
import LinuxNet
package import NDPWire

/// A frame as it was on the wire.
package struct CapturedFrame: Sendable {
  /// When the kernel saw it, since 1970; to the nanosecond.
  package let timestamp: Duration

  /// Its first octets, at most the capture's snap length, from the Ethernet header on.
  package let octets: [UInt8]

  /// Reads it as a solicitation or advertisement; throws the first defect found.
  package func decoded() throws(DropReason) -> NeighborDiscoveryFrame {
    unsafe try NeighborDiscoveryFrame(decoding: octets.span.bytes)
  }
}

/// Why a capture could not be opened or went on no more; the words are libpcap's.
package struct CaptureFailure: Error, CustomStringConvertible {
  /// What failed, and what libpcap says about it.
  package let description: String
}

/// A libpcap capture of one interface, both directions, delivered at once.
///
/// The kernel keeps up to 2 MiB of frames between two calls of `next`.
@safe package struct PacketCapture: ~Copyable {
  private let capture: OpaquePointer

  /// Starts to capture on `interface` of the thread's network namespace what `filter` accepts.
  ///
  /// `filter` is in the language of pcap-filter(7). Throws what libpcap says.
  package init(
    interface: String, filter: String, snapLength: Int32 = 256
  ) throws(CaptureFailure) {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let capture = unsafe pcap_create(interface, &message) else {
      let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw CaptureFailure(description: "\(interface): \(String(decoding: words, as: UTF8.self))")
    }
    do throws(CaptureFailure) {
      unsafe pcap_set_snaplen(capture, snapLength)
      unsafe pcap_set_immediate_mode(capture, 1)
      unsafe pcap_set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO)
      unsafe try check(capture, pcap_activate(capture), interface)
      unsafe try check(capture, pcap_setnonblock(capture, 1, &message), interface)
      unsafe try setFilter(filter, of: capture)
    } catch {
      unsafe pcap_close(capture)
      throw error
    }
    unsafe self.capture = unsafe capture
  }

  deinit {
    unsafe pcap_close(capture)
  }

  /// The next frame, waiting for it at most `patience`; `nil` if none came.
  ///
  /// Blocks the thread: in a task, ask with zero and sleep between.
  package mutating func next(
    within patience: Duration = .zero
  ) throws(CaptureFailure) -> CapturedFrame? {
    let deadline = Duration.nanoseconds(BootClock.nanoseconds) + patience
    while true {
      if let frame = try read() { return frame }
      let left = deadline - .nanoseconds(BootClock.nanoseconds)
      guard left > .zero else { return nil }
      let descriptor = unsafe pcap_get_selectable_fd(capture)
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&waiting, 1, Int32(left / .milliseconds(1)) + 1)
    }
  }

  private func read() throws(CaptureFailure) -> CapturedFrame? {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var data: UnsafePointer<UInt8>?
    let result = unsafe pcap_next_ex(capture, &header, &data)
    unsafe try check(capture, result, "reading")
    guard result == 1, let header = unsafe header?.pointee else { return nil }
    // libpcap vouches for `caplen` octets until the next call; they are copied here.
    return CapturedFrame(
      timestamp: .seconds(header.ts.tv_sec) + .nanoseconds(header.ts.tv_usec),
      octets: unsafe Array(UnsafeBufferPointer(start: data, count: Int(header.caplen))))
  }
}

private func setFilter(
  _ filter: String, of capture: OpaquePointer
) throws(CaptureFailure) {
  var program = unsafe bpf_program()
  let compiled = unsafe pcap_compile(capture, &program, filter, 1, PCAP_NETMASK_UNKNOWN)
  unsafe try check(capture, compiled, filter)
  defer { unsafe pcap_freecode(&program) }
  unsafe try check(capture, pcap_setfilter(capture, &program), filter)
}

/// libpcap's functions return a negative number where they fail.
private func check(
  _ capture: OpaquePointer, _ result: Int32, _ what: String
) throws(CaptureFailure) {
  guard result < 0 else { return }
  let words = unsafe String(cString: pcap_geterr(capture))
  let status = unsafe String(cString: pcap_statustostr(result))
  throw CaptureFailure(description: "\(what): \(words.isEmpty ? status : words)")
}
