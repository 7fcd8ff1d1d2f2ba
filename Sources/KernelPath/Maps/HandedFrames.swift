import LinuxNet

/// Frames that the program took from the kernel's IPv6, for the daemon.
package final class HandedFrames: Pollable {
  let ring: BPFRing

  /// The interface and the length, four octets each, come before the frame.
  private static let headerLength = 8
  /// As many are handed over at once.
  package static let batch = 64
  /// No more batches are there at once: a record takes 120 octets.
  package static let greatestBatchCount = AnswerCapacity.handed / (120 * batch) + 1

  init(_ ring: BPFRing) { self.ring = ring }

  package var pollDescriptor: CInt { ring.pollDescriptor }

  /// Hands over the frames that have come, at most one batch, with the interface of each.
  package func receive(_ body: (_ frame: RawSpan, _ interface: Int32) -> Void) -> Int {
    ring.read(limit: Self.batch) { record in
      guard record.byteCount >= Self.headerLength else { return }
      let interface = unsafe record.unsafeLoadUnaligned(fromByteOffset: 0, as: Int32.self)
      let length = unsafe record.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self)
      guard Int(length) <= record.byteCount - Self.headerLength else { return }
      body(record.extracting(Self.headerLength..<Self.headerLength + Int(length)), interface)
    }
  }
}
