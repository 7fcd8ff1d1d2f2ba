import NDPWire

/// The octets of a frame that is not only sent but shown.
package struct EncodedFrame {
  /// All of them.
  package let octets: [UInt8]

  /// Has the frame written by `encode`, which returns its length, 256 octets at most.
  package init(_ encode: (inout MutableRawSpan) -> Int) {
    var octets = [UInt8](repeating: 0, count: 256)
    let length = unsafe octets.withUnsafeMutableBytes { buffer in
      var span = unsafe buffer.mutableBytes
      return encode(&span)
    }
    self.octets = Array(octets[..<length])
  }

  /// The octets in hexadecimal digits.
  package var hexadecimal: String {
    unsafe octets.span.bytes.hexadecimal(limit: octets.count)
  }
}
