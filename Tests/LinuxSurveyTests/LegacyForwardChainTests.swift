import NDPWire
import Testing

@testable import LinuxSurvey

/// What ip6_tables hands over, as <linux/netfilter_ipv6/ip6_tables.h> lays it out; `kernellab` has
/// a real kernel say the same.
struct LegacyForwardChainTests {
  private static let entryLength = 168
  /// An entry and `struct xt_standard_target`.
  private static let length = 168 + 40

  /// A table whose chain INPUT is a policy alone, and FORWARD has rules before its policy.
  private func table(rules: Int, verdict: Int32) -> (information: [UInt8], entries: [UInt8]) {
    var information = [UInt8](repeating: 0, count: 84)
    information.put(UInt32(Self.length), at: 36 + 8)
    information.put(UInt32(Self.length * (1 + rules)), at: 56 + 8)
    var entries: [UInt8] = []
    for number in 0..<rules + 3 {
      var entry = [UInt8](repeating: 0, count: Self.length)
      entry.put(UInt16(Self.entryLength), at: 140)
      entry.put(UInt16(Self.length), at: 142)
      let isPolicy = number == rules + 1
      entry.put(UInt32(bitPattern: isPolicy ? verdict : -2), at: Self.entryLength + 32)
      entries += entry
    }
    return (information, entries)
  }

  @Test(arguments: [0, 1, 40])
  func `the policy and the number of rules are read`(rules: Int) {
    for (verdict, drops) in [(Int32(-1), true), (-2, false)] {
      let table = table(rules: rules, verdict: verdict)
      let chain = LegacyForwardChain(
        information: table.information.span.bytes, entries: table.entries.span.bytes)
      #expect(chain == LegacyForwardChain(dropsByDefault: drops, ruleCount: rules))
    }
  }

  @Test func `what is cut off or contradicts itself is nothing`() {
    let table = table(rules: 2, verdict: -1)
    for length in table.information.indices {
      let part = Array(table.information.prefix(length))
      #expect(
        LegacyForwardChain(information: part.span.bytes, entries: table.entries.span.bytes) == nil)
    }
    // The last four octets are padding.
    for length in 0..<Self.length * 4 - 4 {
      let part = Array(table.entries.prefix(length))
      #expect(
        LegacyForwardChain(information: table.information.span.bytes, entries: part.span.bytes)
          == nil)
    }
    for offset in [36 + 8, 56 + 8] {
      for value in [UInt32(1), 7, 1 << 31, .max] {
        var wrong = table.information
        wrong.put(value, at: offset)
        #expect(
          LegacyForwardChain(information: wrong.span.bytes, entries: table.entries.span.bytes)
            == nil)
      }
    }
    var endless = table.entries
    endless.put(UInt16(0), at: Self.length + 142)
    #expect(
      LegacyForwardChain(information: table.information.span.bytes, entries: endless.span.bytes)
        == nil)
  }
}

extension [UInt8] {
  /// Writes a number as this machine has it.
  fileprivate mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
    let octets = Swift.withUnsafeBytes(of: number) { Array($0) }
    replaceSubrange(offset..<offset + octets.count, with: octets)
  }
}
