/// A JSON text in one line, with a line for each member and element instead; two blanks a level.
///
/// The text has to be JSON without blanks outside of strings, as JSONText writes it.
func indentedJSON(_ octets: some Sequence<UInt8>) -> [UInt8] {
  var text: [UInt8] = []
  var depth = 0
  var isString = false
  var isEscaped = false
  var previous: UInt8 = 0
  func breakLine() {
    text.append(UInt8(ascii: "\n"))
    text += [UInt8](repeating: UInt8(ascii: " "), count: 2 * depth)
  }
  for octet in octets {
    defer { previous = octet }
    if isString {
      text.append(octet)
      if isEscaped {
        isEscaped = false
      } else if octet == UInt8(ascii: "\\") {
        isEscaped = true
      } else if octet == UInt8(ascii: "\"") {
        isString = false
      }
      continue
    }
    let isClosing = octet == UInt8(ascii: "}") || octet == UInt8(ascii: "]")
    let wasOpening = previous == UInt8(ascii: "{") || previous == UInt8(ascii: "[")
    if isClosing {
      depth = max(0, depth - 1)
      if !wasOpening { breakLine() }
    } else if wasOpening || previous == UInt8(ascii: ",") {
      breakLine()
    }
    text.append(octet)
    switch octet {
    case UInt8(ascii: "\""): isString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: ":"): text.append(UInt8(ascii: " "))
    default: break
    }
  }
  return text
}
