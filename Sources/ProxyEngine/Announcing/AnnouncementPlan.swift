import ProxyModel

/// What is announced now, and of which proxies the targets will be.
struct AnnouncementPlan {
  /// What is announced now.
  var queue: AnnouncementQueue
  /// Proxies whose targets are announced as soon as their interface can speak.
  var postponed: Set<Int> = []
  /// When the targets of proxies are announced again.
  var nextPeriod: [Int: Instant] = [:]

  /// At most `rate` announcements are sent in a second.
  init(rate: Int) { queue = AnnouncementQueue(rate: rate) }

  /// When there is something to do; `nil` while there is nothing to wait for.
  var nextDeadline: Instant? {
    let period = nextPeriod.isEmpty ? nil : nextPeriod.values.min()
    guard let next = queue.nextDeadline else { return period }
    return period.map { min($0, next) } ?? next
  }
}
