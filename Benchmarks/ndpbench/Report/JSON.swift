/// A value of RFC 8259.
indirect enum JSON: CustomStringConvertible {
  case object([(String, JSON)])
  case array([JSON])
  case text(String)
  case number(Double)
  case flag(Bool)
  case null

  /// As text, objects with a member to a line.
  var description: String { text(indentation: "") }

  private func text(indentation: String) -> String {
    switch self {
    case .object(let members):
      let inner = indentation + "  "
      let lines = members.map {
        "\(inner)\(Self.quoted($0.0)): \($0.1.text(indentation: inner))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
    case .array(let elements):
      let isFlat = elements.allSatisfy(\.isSimple)
      let inner = indentation + "  "
      let texts = elements.map { $0.text(indentation: inner) }
      if isFlat { return "[\(texts.joined(separator: ", "))]" }
      return "[\n\(inner)\(texts.joined(separator: ",\n\(inner)"))\n\(indentation)]"
    case .text(let text): return Self.quoted(text)
    case .number(let number):
      // Seven digits are more than any clock here is good for.
      let magnitude = abs(number)
      if number == number.rounded(), magnitude < 1e15 { return "\(Int(number))" }
      return magnitude >= 1e-4 && magnitude < 1e12 ? decimal(number, digits: 5) : "\(number)"
    case .flag(let flag): return flag ? "true" : "false"
    case .null: return "null"
    }
  }

  private var isSimple: Bool {
    switch self {
    case .object, .array: false
    default: true
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
