package import JSONText

/// Numbers by name, in order: `{"checksum":3,"hopLimit":0}`.
package struct NamedCounts: ReplyPart, Equatable, Sendable {
  /// The names, each once, and their numbers.
  package var entries: [Entry]

  /// A name and its number.
  package struct Entry: Equatable, Sendable {
    /// As the source code has it.
    package let name: String
    /// It never goes back.
    package let count: UInt64
  }

  package init(_ entries: some Sequence<(name: String, count: UInt64)>) {
    self.entries = entries.map { Entry(name: $0.name, count: $0.count) }
  }

  /// The number of this name; zero where there is none.
  package subscript(name: String) -> UInt64 { entries.first { $0.name == name }?.count ?? 0 }

  /// All of them together.
  package var sum: UInt64 { entries.reduce(0) { $0 + $1.count } }

  /// Writes an object of numbers.
  package func write(to json: inout JSONWriter) {
    json.object {
      for entry in entries { $0.member(entry.name, entry.count) }
    }
  }
}

/// What was counted of one interface, or of all together.
package struct CounterSet: ReplyPart, Equatable, Sendable {
  /// Well-formed solicitations that arrived.
  package var solicitationsReceived: UInt64 = 0
  /// Well-formed advertisements that arrived.
  package var advertisementsReceived: UInt64 = 0
  /// Answers sent.
  package var answered: UInt64 = 0
  /// Those answers that the kernel sent by itself; older daemons do not say.
  package var answeredInKernel: UInt64?
  /// Advertisements that nobody had solicited, of those sent.
  package var announced: UInt64?
  /// Questions sent.
  package var asked: UInt64 = 0
  /// Frames that were malformed, by reason.
  package var malformed = NamedCounts([])
  /// Well-formed messages that led to nothing, by reason.
  package var ignored = NamedCounts([])

  /// Starts with nothing.
  package init() {}

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("solicitationsReceived", solicitationsReceived)
      $0.member("advertisementsReceived", advertisementsReceived)
      $0.member("answered", answered)
      $0.member("answeredInKernel", answeredInKernel)
      $0.member("announced", announced)
      $0.member("asked", asked)
      $0.member("malformed", malformed)
      $0.member("ignored", ignored)
    }
  }
}

/// What was done since the start, and what was not and why.
package struct CounterReport: ReplyPart, Equatable, Sendable {
  /// All interfaces together, and what belongs to none.
  package var total = CounterSet()
  /// Those interfaces on which something was heard or said.
  package var interfaces: [Named] = []
  /// Targets that were forgotten because there was no room.
  package var sessionsEvicted: UInt64 = 0
  /// Askers that were forgotten because too many waited for one target.
  package var askersEvicted: UInt64 = 0
  /// How often the targets of a proxy were announced.
  package var announcementRounds: UInt64?
  /// Frames that could not be sent.
  package var unsent: UInt64 = 0
  /// Frames that came faster than they could be taken.
  package var overrun: UInt64 = 0
  /// How long it took from taking up a question until its answer was sent; how long frames wait
  /// before that in the kernel is not in it.
  package var latency = LatencyReport()

  /// Starts with nothing.
  package init() {}

  /// What was counted of one interface.
  package struct Named: ReplyPart, Equatable, Sendable {
    /// Its name.
    package let name: String
    /// What was counted.
    package let counters: CounterSet

    package init(name: String, counters: CounterSet) {
      self.name = name
      self.counters = counters
    }

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("name", name)
        $0.member("counters", counters)
      }
    }
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("total", total)
      $0.member("interfaces", interfaces)
      $0.member("sessionsEvicted", sessionsEvicted)
      $0.member("askersEvicted", askersEvicted)
      $0.member("announcementRounds", announcementRounds)
      $0.member("unsent", unsent)
      $0.member("overrun", overrun)
      $0.member("latency", latency)
    }
  }
}

/// A histogram of times.
package struct LatencyReport: ReplyPart, Equatable, Sendable {
  /// The upper bound of each bucket in nanoseconds; one more bucket has none.
  package var boundsNanoseconds: [UInt64] = []
  /// How many fell into each bucket, one more than there are bounds.
  package var counts: [UInt64] = []
  /// All of them together.
  package var sumNanoseconds: UInt64 = 0

  /// Starts with nothing.
  package init() {}

  /// How many there were.
  package var count: UInt64 { counts.reduce(0, +) }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("boundsNanoseconds", boundsNanoseconds)
      $0.member("counts", counts)
      $0.member("sumNanoseconds", sumNanoseconds)
    }
  }
}
