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
        "ndppd leaves a silent target alone for this time, too; here that is 'deadtime'",
        suggestion: "the default is 'deadtime \(Keyword.named("deadtime")?.defaultText ?? "")'")
    }
    let withoutRetries = asking.first { $0.gives("timeout", but: "retries") }
    if let draft = withoutRetries, let offset = draft.given["timeout"] {
      diagnostics.report(
        .note, .differsFromNdppd, at: offset,
        "ndppd 0.2.5 asks a silent target once; here it is asked \(1 + draft.proxy.timers.retries) times, "
          + "this time apart",
        suggestion: "to have it asked once write 'retries 0'")
    }
  }
}

extension ProxyDraft {
  /// Whether the one key is given and the other is not.
  fileprivate func gives(_ name: String, but other: String) -> Bool {
    given[name] != nil && given[other] == nil
  }
}
