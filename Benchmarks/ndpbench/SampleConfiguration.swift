/// A file such as a script writes for many guests, in the order in which they came.
///
/// Eight proxies share the rules: half of them `auto`, a quarter `iface` with one of 64
/// interfaces, a quarter `static` for a /80. No two overlap, and none deserves a warning.
func sampleConfiguration(ruleCount: Int) -> String {
  let proxyCount = min(8, ruleCount)
  var text = "# \(ruleCount) rules\n"
  for proxy in 0..<proxyCount {
    text += "\nproxy lan\(proxy) {\n  router yes\n  ttl 30000\n"
    for guest in stride(from: proxy, to: ruleCount, by: proxyCount) {
      text += sampleRule(guest: guest, kind: guest / proxyCount % 4)
    }
    text += "}\n"
  }
  return text
}

private func sampleRule(guest: Int, kind: Int) -> String {
  // An odd factor leads no two numbers to the same network, and neighbors far apart.
  let network = UInt32(guest) &* 0x9e37_79b1
  let groups = "\(hexadecimal(network >> 16)):\(hexadecimal(network & 0xffff))"
  let (targets, method) =
    switch kind {
    case 0, 1: ("\(groups)::/64", "auto")
    case 2: ("\(groups)::/64", "iface tap\(guest % 64)")
    default: ("\(groups):ff::/80", "static")
    }
  return "\n  rule 2001:db8:\(targets) {\n    \(method)\n  }\n"
}

private func hexadecimal(_ number: UInt32) -> String { String(number, radix: 16) }
