/// Text that grows as values are said, in order.
///
/// Nobody tells where an array or object ends: whatever is written next outside it closes it.
final class JSONWriter {
  private(set) var octets: [UInt8] = []
  private var open: [Structure] = []

  private struct Structure {
    let end: UInt8
    var isEmpty = true
  }

  /// Begins an array or object within the first `depth` that are open, and returns its own depth.
  func begin(isObject: Bool, within depth: Int) -> Int {
    close(downTo: depth)
    octets.append(UInt8(ascii: isObject ? "{" : "["))
    open.append(Structure(end: UInt8(ascii: isObject ? "}" : "]")))
    return depth + 1
  }

  /// Ends whatever is open beyond the first `depth`.
  func close(downTo depth: Int) {
    while open.count > depth { octets.append(open.removeLast().end) }
  }

  /// Makes ready for the next element of the array or object at this depth.
  func separate(at depth: Int) {
    close(downTo: depth)
    if !open[depth - 1].isEmpty { octets.append(UInt8(ascii: ",")) }
    open[depth - 1].isEmpty = false
  }

  /// Writes the key of the next element of the object at this depth.
  func write(key: String, at depth: Int) {
    separate(at: depth)
    write(key)
    octets.append(UInt8(ascii: ":"))
  }

  /// Writes a number, `true`, `false` or `null`.
  func write(bare text: String) { octets += text.utf8 }

  /// Writes a string with its quotes; nothing but what must be is escaped (RFC 8259 §7).
  func write(_ text: String) {
    octets.append(UInt8(ascii: "\""))
    for octet in text.utf8 {
      switch octet {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets += [UInt8(ascii: "\\"), octet]
      case ..<0x20:
        octets += "\\u00".utf8
        octets += [hexadecimalDigit(octet >> 4), hexadecimalDigit(octet & 0xf)]
      default: octets.append(octet)
      }
    }
    octets.append(UInt8(ascii: "\""))
  }
}

/// The digit for a number below 16.
private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
