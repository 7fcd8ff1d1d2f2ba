import ProxyModel

extension Lowering {
  /// Notes, once in all files, where what was given means something else than for ndppd.
  ///
  /// Only where a target is asked at all: a `static` rule has no use for these times. That the
  /// longest prefix decides is `checkOverlaps`' to say.
  mutating func noteDifferences(among drafts: [ProxyDraft]) {
    let asking = drafts.filter { $0.proxy.rules.contains { $0.method != .static } }
    let withoutDeadtime = asking.first { $0.gives("ttl", but: "deadtime") }
    if let offset = withoutDeadtime?.given["ttl"] {
      diagnostics.report(
        .note, .differsFromNdppd, at: offset,
        "ndppd also ignores a target without replies for this time; here that is 'deadtime'",
        suggestion: "the default is 'deadtime \(Keyword.named("deadtime")?.defaultText ?? "")'")
    }
    let withoutRetries = asking.first { $0.gives("timeout", but: "retries") }
    if let draft = withoutRetries, let offset = draft.given["timeout"] {
      diagnostics.report(
        .note, .differsFromNdppd, at: offset,
        "ndppd 0.2.5 solicits a target once if it does not reply; ndpproxy does so "
          + "\(1 + draft.proxy.timers.retries) times, at intervals of this time",
        suggestion: "to solicit it once, write 'retries 0'")
    }
  }
}

extension ProxyDraft {
  /// Whether the one key is given and the other is not.
  fileprivate func gives(_ name: String, but other: String) -> Bool {
    given[name] != nil && given[other] == nil
  }
}
