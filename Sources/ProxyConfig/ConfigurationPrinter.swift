extension Configuration: CustomStringConvertible {
  /// The effective configuration in the file's own syntax, every default written out.
  ///
  /// Parsing it gives an equal configuration; `route-ttl` and `address-ttl` stand only if given.
  package var description: String {
    var text = ""
    for keyword in Keyword.all(in: .file) {
      switch keyword.meaning {
      case .pollInterval(let path):
        guard let interval = self[keyPath: path] else { continue }
        text += "\(keyword.name) \(interval.wholeMilliseconds)\n"
      case .limit(let path, _): text += "\(keyword.name) \(self[keyPath: path])\n"
      default: continue
      }
    }
    for proxy in proxies {
      text += "\(text.isEmpty ? "" : "\n")proxy \(proxy.interface) {\n\(proxy.body)}\n"
    }
    return text
  }
}

extension Configuration.Proxy {
  fileprivate var body: String {
    var text = ""
    for keyword in Keyword.all(in: .proxy) {
      switch keyword.meaning {
      case .duration(let path, _):
        text += "  \(keyword.name) \(self[keyPath: path].wholeMilliseconds)\n"
      case .count(let path, _): text += "  \(keyword.name) \(self[keyPath: path])\n"
      case .proxySwitch(let path): text += "  \(keyword.name) \(yesOrNo(self[keyPath: path]))\n"
      case .source(let path): text += "  \(keyword.name) \(self[keyPath: path])\n"
      case .duplicateDetection(let path):
        text += "  \(keyword.name) \(self[keyPath: path].rawValue)\n"
      default: continue
      }
    }
    for rule in rules { text += "  rule \(rule.prefix) {\n\(rule.body)  }\n" }
    return text
  }
}

extension Configuration.Rule {
  fileprivate var body: String {
    let exclusions = excluded.map { "    exclude \($0)\n" }.joined()
    return "    \(method)\n\(exclusions)    autovia \(yesOrNo(autovia))\n"
  }
}

private func yesOrNo(_ isOn: Bool) -> String { isOn ? "yes" : "no" }

extension Duration {
  /// The duration in the file's unit; anything below a millisecond is dropped.
  var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
