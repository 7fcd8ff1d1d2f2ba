import PlainText

/// The key that was most likely meant by a misspelt one: of this block if possible, else of any.
///
/// Looks at letter case, at words people use instead, and at the edit distance.
func correctedKey(_ name: String, in block: Keyword.Block) -> String? {
  guard name.utf8.count <= TextBounds.correctedOctets else { return nil }
  let name = name.lowercased()
  if let usual = synonyms[name] { return usual }
  let candidates = Keyword.all(in: block) + Keyword.all.filter { $0.block != block }
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let distance = editDistance(name, candidate.name)
    if distance < best?.distance ?? .max { best = (candidate.name, distance) }
  }
  guard let best, best.distance <= max(1, name.utf8.count / 3) else { return nil }
  return best.name
}

private let synonyms = [
  "interface": "iface", "dev": "iface", "device": "iface", "automatic": "auto", "prefix": "rule",
  "lifetime": "ttl", "retry": "retries", "promisc": "promiscuous",
]

/// What to do about each key that only ndppd 1.0 has.
let remediesForSuccessor = [
  "target": "remove it: the address of the proxy interface is advertised",
  "table": "remove it: 'auto' queries the kernel, which uses all its tables",
  "rewrite": "remove it: addresses are never rewritten",
  "valid-ttl": "use 'ttl' in a 'proxy' block",
  "invalid-ttl": "use 'deadtime' in a 'proxy' block",
  "renew": "use 'keepalive' in a 'proxy' block",
  "use-kernel": "remove it: the kernel's own proxying is not used",
  "retrans-limit": "use 'retries' in a 'proxy' block, which does not count the first",
  "retrans-time": "use 'timeout' in a 'proxy' block",
]
