import CPcap
import Glibc
import LinuxNet

/// A file of frames that tcpdump(8) reads (pcap-savefile(5)), to the nanosecond.
@safe package struct PacketDump: ~Copyable {
  private let capture: OpaquePointer
  private let dump: OpaquePointer

  /// Makes the file, or empties one of ours; `-` is standard output.
  ///
  /// Throws why not: no link is followed, and nobody else's file is emptied.
  package init(path: String, snapLength: Int32 = 256) throws(CaptureFailure) {
    let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
    guard
      let capture = unsafe pcap_open_dead_with_tstamp_precision(
        DLT_EN10MB, snapLength, precision)
    else { throw CaptureFailure(description: "\(path): not enough memory") }
    do throws(CaptureFailure) {
      unsafe dump = unsafe try Self.open(path, capture)
    } catch {
      unsafe pcap_close(capture)
      throw error
    }
    unsafe self.capture = unsafe capture
  }

  private static func open(
    _ path: String, _ capture: OpaquePointer
  ) throws(CaptureFailure) -> OpaquePointer {
    var dump: OpaquePointer?
    if path == "-" {
      unsafe dump = unsafe pcap_dump_open(capture, path)
    } else {
      do throws(SystemError) {
        let descriptor = try OutputFile.empty(path)
        // Closed with the stream that libpcap gets.
        guard let stream = unsafe fdopen(descriptor.release(), "w") else {
          throw SystemError("write to \(path)", .current)
        }
        unsafe dump = unsafe pcap_dump_fopen(capture, stream)
      } catch {
        throw CaptureFailure(description: "\(error); name a new file or one of yours")
      }
    }
    guard let dump = unsafe dump else {
      throw CaptureFailure(description: unsafe String(cString: pcap_geterr(capture)))
    }
    return unsafe dump
  }

  deinit {
    unsafe pcap_dump_close(dump)
    unsafe pcap_close(capture)
  }

  /// Adds a frame and writes it out: its first octets, its length, and when it was seen.
  package func write(
    _ octets: [UInt8], length: Int, nanoseconds: UInt64
  ) throws(CaptureFailure) {
    var header = pcap_pkthdr()
    header.ts.tv_sec = Int(nanoseconds / 1_000_000_000)
    header.ts.tv_usec = Int(nanoseconds % 1_000_000_000)
    header.caplen = UInt32(octets.count)
    header.len = UInt32(max(length, octets.count))
    // pcap_dump takes the file as if it were what a callback was given.
    let file = unsafe UnsafeMutableRawPointer(dump).assumingMemoryBound(to: UInt8.self)
    unsafe pcap_dump(file, &header, octets)
    guard unsafe pcap_dump_flush(dump) == 0 else {
      throw CaptureFailure(description: "the file cannot be written")
    }
  }
}
