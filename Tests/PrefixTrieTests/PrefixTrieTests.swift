import NDPWire
import PrefixTrie
import TestSupport
import Testing

/// Longest-prefix match by looking at every prefix.
///
/// Slow and obviously right.
private struct HorribleTrie {
  var rules: [(prefix: IPv6Prefix, value: Int)] = []

  mutating func set(_ prefix: IPv6Prefix, _ value: Int?) {
    rules.removeAll { $0.prefix == prefix }
    if let value { rules.append((prefix, value)) }
  }

  func longestMatch(_ address: IPv6Address) -> Int? {
    rules.filter { $0.prefix.contains(address) }.max { $0.prefix.length < $1.prefix.length }?.value
  }
}

struct PrefixTrieTests {
  @Test(arguments: 0..<40)
  func `random operations agree with the oracle`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var trie = PrefixTrie()
    var oracle = HorribleTrie()
    // Few distinct bits make prefixes nest, branch and repeat.
    let width = Int.random(in: 2...128, using: &random)
    func randomAddress() -> IPv6Address {
      let bits = UInt128.random(in: 0 ... .max, using: &random)
      return IPv6Address(bits: bits << (128 - width) | (Bool.random(using: &random) ? 0 : 1))
    }
    for step in 0..<400 {
      let prefix = IPv6Prefix(randomAddress(), length: Int.random(in: 0...128, using: &random))
      let value = Int.random(in: 0..<5, using: &random) == 0 ? nil : step
      trie[prefix] = value
      oracle.set(prefix, value)
      #expect(trie[prefix] == value, "seed \(seed) step \(step)")
      #expect(trie.count == oracle.rules.count, "seed \(seed) step \(step)")
      for probe in [randomAddress(), prefix.address, randomAddress()] {
        let expected = oracle.longestMatch(probe)
        #expect(trie.longestMatch(probe) == expected, "seed \(seed) step \(step) \(probe)")
      }
    }
    for rule in oracle.rules {
      #expect(trie[rule.prefix] == rule.value, "seed \(seed) \(rule.prefix)")
    }
  }

  @Test func `an empty trie matches nothing`() {
    let trie = PrefixTrie()
    #expect(trie.longestMatch(.unspecified) == nil)
    #expect(trie[IPv6Prefix("::/0")!] == nil)
  }

  @Test func `the longest of nested prefixes wins whatever the order`() {
    let texts = ["::/0", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1:0:ff::/80"]
    for order in [texts, texts.reversed()] {
      var trie = PrefixTrie()
      for text in order { trie[IPv6Prefix(text)!] = IPv6Prefix(text)!.length }
      #expect(trie.longestMatch(IPv6Address("2001:db8:1:0:ff::10")!) == 80)
      #expect(trie.longestMatch(IPv6Address("2001:db8:1::10")!) == 48)
      #expect(trie.longestMatch(IPv6Address("2001:db8:2::10")!) == 32)
      #expect(trie.longestMatch(IPv6Address("fe80::1")!) == 0)
    }
  }

  @Test func `a host prefix matches its one address`() {
    var trie = PrefixTrie()
    trie[IPv6Prefix("2001:db8::1/128")!] = 1
    trie[IPv6Prefix("2001:db8::2/127")!] = 2
    #expect(trie.longestMatch(IPv6Address("2001:db8::")!) == nil)
    #expect(trie.longestMatch(IPv6Address("2001:db8::1")!) == 1)
    #expect(trie.longestMatch(IPv6Address("2001:db8::3")!) == 2)
    #expect(trie.longestMatch(IPv6Address("2001:db8::4")!) == nil)
  }
}
