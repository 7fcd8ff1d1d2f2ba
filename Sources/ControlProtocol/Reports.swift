package import JSONText
package import NDPWire

/// What came of a `reload`.
package struct ReloadReport: ReplyPart, Equatable, Sendable {
  /// Whether the file is what is gone by now.
  package let isInForce: Bool
  /// What is answered where now, or why the old configuration stays in force.
  package let summary: String
  /// What is wrong with the file.
  package let problems: [Problem]

  package init(isInForce: Bool, summary: String, problems: [Problem]) {
    self.isInForce = isInForce
    self.summary = summary
    self.problems = problems
  }

  /// One thing that is wrong with a file.
  package struct Problem: ReplyPart, Equatable, Sendable {
    /// `error` or `warning`.
    package let severity: String
    /// Names the kind of trouble in kebab-case.
    package let code: String
    /// `FILE:LINE:COLUMN: message [code]; suggestion`.
    package let text: String

    package init(severity: String, code: String, text: String) {
      self.severity = severity
      self.code = code
      self.text = text
    }

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("severity", severity)
        $0.member("code", code)
        $0.member("text", text)
      }
    }
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("isInForce", isInForce)
      $0.member("summary", summary)
      $0.member("problems", problems)
    }
  }
}

/// What came of a `flush`.
package struct FlushReport: ReplyPart, Equatable, Sendable {
  /// The targets that were meant.
  package let prefix: IPv6Prefix
  /// How many of them were known, and are no more.
  package let forgotten: Int

  package init(prefix: IPv6Prefix, forgotten: Int) {
    self.prefix = prefix
    self.forgotten = forgotten
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("prefix", prefix)
      $0.member("forgotten", forgotten)
    }
  }
}

/// What came of a `log`.
package struct LogReport: ReplyPart, Equatable, Sendable {
  /// Where the log begins now.
  package let level: LogLevel

  package init(level: LogLevel) {
    self.level = level
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("level", level)
    }
  }
}

/// The configuration in force, or a part of it.
package struct ConfigurationReport: ReplyPart, Equatable, Sendable {
  /// The file it was read from.
  package let path: String
  /// What it means, in the language of the file, all defaults written out.
  package let text: String
  /// Where the text goes on; `nil` at its end.
  package let next: Int?
  /// Parts with the same number are of the same configuration: each reload makes another.
  package let generation: UInt64?

  package init(path: String, text: String, next: Int? = nil, generation: UInt64? = nil) {
    self.path = path
    self.text = text
    self.next = next
    self.generation = generation
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("path", path)
      $0.member("text", text)
      $0.member("next", next)
      $0.member("generation", generation)
    }
  }
}

/// What a monitor will be told of.
package struct MonitorReport: ReplyPart, Equatable, Sendable {
  /// The interfaces on which messages are seen now.
  package let interfaces: [String]
  /// The daemon's clock, in nanoseconds since some point before the host's start.
  package let nanoseconds: UInt64
  /// Why there are no messages on the one interface that was asked for; `nil` where there may be.
  package let trouble: Trouble?

  package init(interfaces: [String], nanoseconds: UInt64, trouble: Trouble? = nil) {
    self.interfaces = interfaces
    self.nanoseconds = nanoseconds
    self.trouble = trouble
  }

  /// Why nothing is seen on an interface.
  package struct Trouble: ReplyPart, Equatable, Sendable {
    /// Whether messages may come later: rules name the interface, and it is missing or down.
    package let isTemporary: Bool
    /// One sentence without a full stop.
    package let sentence: String

    package init(isTemporary: Bool, sentence: String) {
      self.isTemporary = isTemporary
      self.sentence = sentence
    }

    /// Writes an object; what has no value is left out.
    package func write(to json: inout JSONWriter) {
      json.object {
        $0.member("isTemporary", isTemporary)
        $0.member("sentence", sentence)
      }
    }
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("interfaces", interfaces)
      $0.member("nanoseconds", nanoseconds)
      $0.member("trouble", trouble)
    }
  }
}

/// How much a monitor was not told of.
package struct MissedReport: ReplyPart, Equatable, Sendable {
  /// Messages that came faster than they could be told or read.
  package let count: UInt64

  package init(count: UInt64) {
    self.count = count
  }

  /// Writes an object; what has no value is left out.
  package func write(to json: inout JSONWriter) {
    json.object {
      $0.member("count", count)
    }
  }
}
